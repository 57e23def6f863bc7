// SPDX-License-Identifier: LGPL-2.1-or-later
//
// An emergency code: how it is made, and what is kept of it. 14 random digits are 46 bits: out of reach at
// the prompt, where tries are slowed to some 40 a day, and for who has stolen the file, since each guess
// costs what argon2id costs.
#pragma once

#include "base/bytes.h"
#include "base/secret.h"

#include <cstdint>
#include <optional>
#include <string>

namespace jpki::emergency {

// Evenly distributed below `bound` (above 0), from getrandom(2); nothing when the kernel has none.
std::optional<std::uint64_t> random_below(std::uint64_t bound);

// A new code.
std::optional<Secret> make_code();

// argon2id (RFC 9106) with 64 MiB, 3 passes and a random salt of 16 bytes, as a PHC string. One lane: a
// confined program starts no thread. Nothing when there is not enough memory.
std::optional<std::string> hash_of(Bytes code);

// Whether `hash` is of `code`; false also for what is no hash. Takes the same time either way.
bool matches(const std::string& hash, Bytes code);

// A hash that no code has: judging it costs what judging another costs.
const std::string& nobodys_hash();

}  // namespace jpki::emergency
