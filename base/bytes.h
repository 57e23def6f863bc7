// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Byte views and byte strings.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jpki {

// A view of somebody else's bytes; the owner must outlive it.
using Bytes = std::span<const std::uint8_t>;

// Owned bytes that are not secret. Secrets live in Secret (secret.h).
using Blob = std::vector<std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Blob to_blob(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

// GCC 14 cannot follow insert() at the end and warns of an overflow that cannot be.
inline void append_bytes(Blob& out, Bytes bytes) {
  const std::size_t before = out.size();
  out.resize(before + bytes.size());
  std::copy(bytes.begin(), bytes.end(), out.begin() + static_cast<std::ptrdiff_t>(before));
}

// Lower-case hexadecimal, two digits a byte, no separators.
inline std::string to_hex(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

}  // namespace jpki
