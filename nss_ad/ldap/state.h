// SPDX-License-Identifier: LGPL-2.1-or-later
//
// State: everything that the last run read, and up to where, so that the next one needs only what changed.
// It is a cache for root alone: without it, or with a damaged one, everything is read anew.
#pragma once

#include "base/safe_file.h"
#include "nss_ad/ldap/changes.h"

namespace jpki::ad::ldap {

inline constexpr std::size_t kMaxStateSize = std::size_t{1} << 30;

struct State {
  std::string scope;  // what was asked for; another realm, base or filter makes the rest worthless
  SyncPoint point;
  Time last_full{};
  Time last_read{};
  Directory directory;
  std::map<Guid, std::string> malformed;  // objects that were left out, and why

  bool operator==(const State&) const;
};

// "JPKIADST", version, fields, XXH3 of all before; numbers as in base/wire.h.
Blob encode(const State& state);
// The error says what is wrong with the bytes.
Expected<State, std::string> decode_state(Bytes bytes);

// No file is no state.
Expected<std::optional<State>, std::string> load_state(const std::string& path,
                                                       const FileTrust& trust = {.max_size = kMaxStateSize,
                                                                                 .secret = true});
// Mode 0600, at once or not at all.
Expected<Unit, std::string> save_state(const std::string& path, const State& state);

}  // namespace jpki::ad::ldap
