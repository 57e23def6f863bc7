// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The files of the revoked-memory: their names and what is in them.
#pragma once

#include "validator/revocation/evidence_directory.h"
#include "validator/revocation/revoked_memory.h"

#include <optional>
#include <string>
#include <string_view>

namespace jpki::revocation {

inline constexpr std::string_view kRevokedPrefix = "revoked-";
// A hold that a login found lifted and could not remove itself; holds the entry as it was.
inline constexpr std::string_view kLiftedPrefix = "lifted-";
inline constexpr char kKeyFile[] = "key";  // the mark of the key that named the files
inline constexpr std::size_t kMaxMemoryEntry = 64;

// "revoked NOT-AFTER THIS-UPDATE\n" (THIS-UPDATE may be missing) or "on-hold THIS-UPDATE NOT-AFTER\n", in
// seconds since 1970.
struct MemoryEntry {
  Remembered what = {};
  std::optional<Time> not_after = std::nullopt;  // of the certificate
};

std::string spelled(const MemoryEntry& entry);
// What cannot be read is for good, and for ever: the file is there because the certificate was revoked.
MemoryEntry parse_memory_entry(std::string_view text);

// The entry of that name; nothing when there is none. The error: the file cannot be read.
Expected<std::optional<MemoryEntry>, std::string> read_memory_entry(const EvidenceDirectory& directory,
                                                                    const std::string& name);

// Is `a` to be kept rather than `b`? For good outweighs a hold, a newer hold an older one.
bool outweighs(const Remembered& a, const Remembered& b);

// The files were named by this key, or there are none yet; otherwise everything would seem forgotten.
Expected<Unit, std::string> check_key_of(const EvidenceDirectory& directory);

// Removes what nobody can log in with at `now`, a time that a signed statement told. What cannot be read or
// removed stays.
void forget_expired(const EvidenceDirectory& directory, Time now);

}  // namespace jpki::revocation
