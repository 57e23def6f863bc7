// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Numbers in index files: little-endian, at any address; big-endian inside keys, so that keys sort by bytes.
#pragma once

#include "base/bytes.h"

#include <concepts>

namespace jpki::crl {

// `from` holds at least sizeof(T) bytes.
template <std::unsigned_integral T>
T load_le(const std::uint8_t* from) {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;)
    value = static_cast<T>(value << (sizeof(T) > 1 ? 8 : 0)) | from[i];
  return value;
}

template <std::unsigned_integral T>
void store_le(std::uint8_t* to, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

template <std::unsigned_integral T>
T load_be(const std::uint8_t* from) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value << (sizeof(T) > 1 ? 8 : 0)) | from[i];
  return value;
}

template <std::unsigned_integral T>
void store_be(std::uint8_t* to, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    to[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof(T) - 1 - i)));
}

}  // namespace jpki::crl
