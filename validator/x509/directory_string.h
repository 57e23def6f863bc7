// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ASN.1 character strings as UTF-8, and their preparation for comparison (RFC 5280 7.1, RFC 4518). Case
// folding and normalisation are libunistring's, which GnuTLS has in the process anyway.
#pragma once

#include "base/bytes.h"

#include <optional>
#include <string>

namespace jpki::x509 {

// Is `tag` one of the types that to_utf8() knows?
bool is_character_string(std::uint8_t tag) noexcept;

// PrintableString, NumericString, VisibleString and IA5String (ASCII), UTF8String, TeletexString (as ISO
// 8859-1, what its writers mean), BMPString and UniversalString. Nothing when the contents do not fit the
// type. PrintableString may hold any ASCII: real CAs write '@' and '_' into it.
std::optional<std::string> to_utf8(std::uint8_t tag, Bytes contents);

// `text` (valid UTF-8) ready for comparison by bytes: case folded, NFKC, control and invisible characters
// dropped, white space trimmed and collapsed to single spaces. Nothing when memory is out.
std::optional<std::string> prepare_text(std::string_view text);

}  // namespace jpki::x509
