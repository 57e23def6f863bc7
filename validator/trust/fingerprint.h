// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SHA-256 fingerprints of certificates, as certification authorities publish them and people type them.
#pragma once

#include "base/bytes.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace jpki::trust {

using Fingerprint = std::array<std::uint8_t, 32>;

// Of the certificate's DER. Nothing when the digest cannot be had.
std::optional<Fingerprint> fingerprint_of(Bytes der);

// Any common spelling: upper or lower case, digits together or apart by colons, hyphens, dots or white space,
// after "SHA256:" or "sha256 Fingerprint=". Nothing when it is not 32 bytes.
std::optional<Fingerprint> parse_fingerprint(std::string_view text);

// "AB:CD:…"
std::string spelled(const Fingerprint& fingerprint);

}  // namespace jpki::trust
