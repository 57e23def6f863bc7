// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The key under which a user or group name is found (nss_ad/snapshot_format.md, "Names"). libc only.
#pragma once

#include "nss_ad/snapshot/format.h"

#include <cstdint>
#include <cstring>

namespace jpki::ad::snapshot {

// The case pairs of a file: (code point, what it folds to), ascending, 8 bytes each.
struct CasePairs {
  const std::uint8_t* pairs = nullptr;
  std::uint32_t count = 0;
};

// Not initialized on purpose: hardened builds would clear a kilobyte at each look-up.
struct Key {
  char bytes[format::kMaxKey + 8];
  std::uint32_t size;
};

// False when no name of the file can have this key: too long, or no UTF-8.
bool fold_utf8(const char* name, std::size_t size, const CasePairs& pairs, Key& key);

namespace key_detail {

inline constexpr std::uint64_t kOnes = 0x0101010101010101;
inline constexpr std::uint64_t kHighBits = 0x80 * kOnes;

// Eight ASCII characters at once: those between A and Z get the bit that makes them lower case.
inline std::uint64_t lower(std::uint64_t word) {
  const std::uint64_t low = word & ~kHighBits;
  const std::uint64_t from_a = low + (0x80 - 'A') * kOnes;
  const std::uint64_t beyond_z = low + (0x7F - 'Z') * kOnes;
  return word | (((from_a & ~beyond_z & ~word) & kHighBits) >> 2);
}

template <class T>
inline std::uint64_t lower_at(const char* from, char* to) {
  T word;
  std::memcpy(&word, from, sizeof word);
  const std::uint64_t seen = word;
  word = static_cast<T>(lower(word));
  std::memcpy(to, &word, sizeof word);
  return seen;
}

}  // namespace key_detail

// As fold_utf8, quickly for ASCII names.
inline bool fold(const char* name, std::size_t size, const CasePairs& pairs, Key& key) {
  using key_detail::lower_at;
  if (size > format::kMaxKey) return false;
  std::uint64_t seen = 0;
  if (size >= 8) {
    for (std::size_t i = 0; i + 8 <= size; i += 8) seen |= lower_at<std::uint64_t>(name + i, key.bytes + i);
    seen |= lower_at<std::uint64_t>(name + size - 8, key.bytes + size - 8);
  } else if (size >= 4) {
    seen |= lower_at<std::uint32_t>(name, key.bytes);
    seen |= lower_at<std::uint32_t>(name + size - 4, key.bytes + size - 4);
  } else {
    for (std::size_t i = 0; i < size; ++i) seen |= lower_at<std::uint8_t>(name + i, key.bytes + i);
  }
  key.size = static_cast<std::uint32_t>(size);
  return (seen & key_detail::kHighBits) == 0 || fold_utf8(name, size, pairs, key);
}

}  // namespace jpki::ad::snapshot
