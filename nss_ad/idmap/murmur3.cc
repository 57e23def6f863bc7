// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/idmap/murmur3.h"

#include <bit>

namespace jpki::ad::idmap {
namespace {

constexpr std::uint32_t kFirst = 0xcc9e2d51;
constexpr std::uint32_t kSecond = 0x1b873593;

std::uint32_t scrambled(std::uint32_t block) {
  return std::rotl(block * kFirst, 15) * kSecond;
}

// Up to four bytes, the least significant first.
std::uint32_t block_of(Bytes bytes) {
  std::uint32_t block = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) block = (block << 8) | bytes[i];
  return block;
}

}  // namespace

std::uint32_t murmur3_32(Bytes bytes, std::uint32_t seed) noexcept {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  std::uint32_t hash = seed;
  for (; bytes.size() >= 4; bytes = bytes.subspan(4)) {
    hash ^= scrambled(block_of(bytes.first(4)));
    hash = std::rotl(hash, 13) * 5 + 0xe6546b64;
  }
  hash ^= scrambled(block_of(bytes));
  hash ^= size;
  hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
  return hash ^ (hash >> 16);
}

}  // namespace jpki::ad::idmap
