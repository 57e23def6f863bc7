// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The limit of `./dev bench nss`: a mapped hash table that copies out and does nothing else. No case, no
// checks, no checksums, no newer file, and a crash for whoever damages it. The same strings as a snapshot.
#pragma once

#include "nss_ad/snapshot/contents.h"

#include <cstdint>
#include <string>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace jpki::bench::toy {

struct Header {
  std::uint32_t mask[3];   // slots - 1, of users by name, users by uid, groups by name
  std::uint32_t slots[3];  // offsets
};

struct Slot {
  std::uint32_t hash;
  std::uint32_t record;  // offset; 0: none
};

// Behind it: the strings of passwd with their NULs, padded to 4; the gids.
struct User {
  std::uint32_t uid, gid;
  std::uint16_t name, gecos, home, shell;  // lengths
  std::uint32_t strings;                   // bytes
  std::uint32_t gids;                      // how many
};

// Behind it: name, "x", members, each with its NUL.
struct Group {
  std::uint32_t gid;
  std::uint32_t name;
  std::uint32_t members;
  std::uint32_t strings;
};

inline std::uint32_t hash_of(const char* text, std::size_t size) {
  return static_cast<std::uint32_t>(XXH3_64bits(text, size));
}
inline std::uint32_t hash_of(std::uint32_t id) {
  return static_cast<std::uint32_t>((id * 0x9E3779B97F4A7C15) >> 32);
}

void write_table(const ad::snapshot::Contents& contents, const std::string& path);

}  // namespace jpki::bench::toy
