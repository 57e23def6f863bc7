// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a card may be asked to sign for a ticket.
#pragma once

#include "base/bytes.h"

namespace jpki::ticket {

// Whether it is, octet for octet, the DER of a DigestInfo of SHA-256, SHA-384 or SHA-512 with NULL parameters
// (RFC 8017 9.2 note 1).
bool is_sha2_digest_info(Bytes text) noexcept;

}  // namespace jpki::ticket
