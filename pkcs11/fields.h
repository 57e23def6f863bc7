// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How PKCS#11 passes texts and lists (v2.40, 2.1 and 5.2), and what this module calls itself and its tokens.
#pragma once

#include "base/smartphone.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include <p11-kit/pkcs11.h>

namespace jpki::pkcs11 {

// As OpenSC calls the same token, so that PKCS#11 URIs that a site has written down go on to name it.
inline constexpr std::string_view kTokenLabel = "JPKI (User Authentication PIN)";
inline constexpr std::string_view kManufacturer = kTokenManufacturer;
inline constexpr std::string_view kLibraryMaker = "jpki-login";
inline constexpr std::string_view kLibraryName = "JPKI user authentication";

// Padded with spaces, cut at the end of the field, without a final zero.
template <std::size_t Size>
void pad(CK_UTF8CHAR (&field)[Size], std::string_view text) {
  std::memset(field, ' ', Size);
  std::memcpy(field, text.data(), std::min(Size, text.size()));
}

// `count`: the places in `list`, then how many there are. Without a list only that is told.
template <class T>
CK_RV give_list(const std::vector<T>& all, T* list, CK_ULONG& count) {
  const CK_ULONG places = count;
  count = all.size();
  if (list == nullptr) return CKR_OK;
  if (places < all.size()) return CKR_BUFFER_TOO_SMALL;
  std::copy(all.begin(), all.end(), list);
  return CKR_OK;
}

}  // namespace jpki::pkcs11
