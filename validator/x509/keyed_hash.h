// SPDX-License-Identifier: LGPL-2.1-or-later
//
// HMAC-SHA-256 (RFC 2104, FIPS 180-4): names things for who has the key and for nobody else.
#pragma once

#include "base/bytes.h"

#include <array>
#include <initializer_list>
#include <optional>

namespace jpki::x509 {

using KeyedHash = std::array<std::uint8_t, 32>;

// Both: nothing when `key` is empty, since what is hashed without a key could be guessed, or when GnuTLS
// refuses. What is hashed is read where it lies, and nothing of it is kept.
std::optional<KeyedHash> keyed_hash(Bytes key, Bytes message);
// Each field after its length (4 bytes, big-endian), so that no two lists of fields hash alike for being
// cut differently.
std::optional<KeyedHash> keyed_hash_of_fields(Bytes key, std::initializer_list<Bytes> fields);

}  // namespace jpki::x509
