// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Values of the primitive ASN.1 types, from the contents octets that a DerReader handed out. Each function
// gives nothing when the contents are not DER for its type.
#pragma once

#include "base/bytes.h"
#include "base/time.h"
#include "validator/asn1/der_reader.h"

#include <optional>
#include <string>

namespace jpki::asn1 {

// X.690 8.2, 11.1: one octet, 00 or FF.
std::optional<bool> decode_boolean(Bytes contents);

// A BOOLEAN DEFAULT FALSE that carries `tag`: false when the next value is another one or there is none,
// nothing when it is malformed. An explicit FALSE, which DER forbids and CAs write, is accepted.
std::optional<bool> read_default_false(DerReader& reader, std::uint8_t tag);

// X.690 8.3: at least one octet, no superfluous leading 00 or FF.
bool is_integer(Bytes contents);

// An INTEGER or ENUMERATED between 0 and 2^64-1.
std::optional<std::uint64_t> decode_unsigned(Bytes contents);

// Dotted decimal. At most kMaxOidSize octets; arcs up to 128 bits (2.25.UUID).
inline constexpr std::size_t kMaxOidSize = 128;
std::optional<std::string> decode_oid(Bytes contents);

struct BitString {
  Bytes bytes;
  unsigned unused_bits = 0;  // of the last byte; they are zero
};
std::optional<BitString> decode_bit_string(Bytes contents);

// The first 16 bits of a named-bit list, bit n as 1 << n; later ones must not be set. Trailing zero bits,
// which X.690 11.2.2 forbids and old CAs write, are accepted: they change nothing.
std::optional<std::uint16_t> decode_named_bits(Bytes contents);

// UTCTime or GeneralizedTime by its tag, RFC 5280 4.1.2.5: seconds present, "Z", no fraction, years 1950–2049
// for UTCTime. A GeneralizedTime before 2050 is accepted (PKITS 4.2.4 has one that must be).
std::optional<Time> decode_time(const Element& element);

}  // namespace jpki::asn1
