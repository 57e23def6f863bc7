// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What one function of the module keeps in the PAM handle for a later one (pam_set_data(3)): never an item,
// so no other module sees it, and gone with the handle. Each key has one type.
#pragma once

#include <memory>
#include <utility>

#include <security/pam_modules.h>

namespace jpki::pam {

// In the place of what the key had. False when there is no memory for it.
template <class T>
bool keep(pam_handle_t* handle, const char* key, T value) {
  auto copy = std::make_unique<T>(std::move(value));
  const auto destroy = [](pam_handle_t*, void* data, int) { delete static_cast<T*>(data); };
  if (::pam_set_data(handle, key, copy.get(), destroy) != PAM_SUCCESS) return false;
  (void)copy.release();  // the handle's from here on
  return true;
}

// nullptr: nothing is kept. Valid until the key is kept anew or forgotten.
template <class T>
const T* kept(const pam_handle_t* handle, const char* key) {
  const void* data = nullptr;
  return ::pam_get_data(handle, key, &data) == PAM_SUCCESS ? static_cast<const T*>(data) : nullptr;
}

inline void forget(pam_handle_t* handle, const char* key) {
  if (kept<void>(handle, key) != nullptr) ::pam_set_data(handle, key, nullptr, nullptr);
}

}  // namespace jpki::pam
