// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What errno says, in English and without gettext: strerror(3) translates, and takes locks of libc that the
// child of a threaded host may find held for ever (pam_jpki/fork_guard.h).
#pragma once

#include <cstring>

namespace jpki {

inline const char* error_text(int error) noexcept {
  const char* const text = ::strerrordesc_np(error);
  return text == nullptr ? "unknown error" : text;
}

}  // namespace jpki
