// SPDX-License-Identifier: LGPL-2.1-or-later
//
// DER writer (X.690): every function returns one complete value, header included. Nothing is checked beyond
// what the encoding needs: malformed certificates are written with the same functions.
#pragma once

#include "base/bytes.h"
#include "base/time.h"

#include <initializer_list>
#include <span>
#include <string_view>

namespace jpki::testpki::der {

// Identifier octets that have no function of their own.
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kOctetString = 0x04;
inline constexpr std::uint8_t kEnumerated = 0x0a;
inline constexpr std::uint8_t kUtf8String = 0x0c;
inline constexpr std::uint8_t kSequence = 0x30;
inline constexpr std::uint8_t kSet = 0x31;
inline constexpr std::uint8_t kPrintableString = 0x13;
inline constexpr std::uint8_t kTeletexString = 0x14;
inline constexpr std::uint8_t kIa5String = 0x16;
inline constexpr std::uint8_t kUtcTime = 0x17;
inline constexpr std::uint8_t kGeneralizedTime = 0x18;
inline constexpr std::uint8_t kBmpString = 0x1e;

// [number] with a primitive or a constructed contents; number <= 30.
constexpr std::uint8_t context(unsigned number) {
  return static_cast<std::uint8_t>(0x80 | number);
}
constexpr std::uint8_t context_constructed(unsigned number) {
  return static_cast<std::uint8_t>(0xa0 | number);
}

void append(Blob& out, Bytes bytes);
// Appends identifier and length octets for `size` bytes of contents.
void append_header(Blob& out, std::uint8_t tag, std::size_t size);

Blob tlv(std::uint8_t tag, Bytes contents);
Blob tlv(std::uint8_t tag, std::initializer_list<Bytes> parts);
Blob tlv(std::uint8_t tag, std::span<const Blob> parts);

Blob sequence(std::initializer_list<Bytes> parts);
Blob sequence(std::span<const Blob> parts);

Blob boolean(bool value);
Blob null();
// Shortest form, as DER wants it.
Blob integer(std::uint64_t value);
// A non-negative number from its big-endian bytes: leading zero bytes removed, one put back when needed.
Blob unsigned_integer(Bytes big_endian);
// Contents as they are: a serial number with a leading zero, a negative or an empty one.
Blob raw_integer(Bytes contents);
Blob enumerated(std::uint8_t value);
// Dotted decimal. Arcs are written as given; "2.999" works.
Blob oid(std::string_view dotted);
Blob octet_string(Bytes contents);
Blob bit_string(Bytes contents, unsigned unused_bits = 0);
// A named-bit list: bit n of `bits` is named bit n; trailing zero bits are removed (X.690 11.2.2).
Blob named_bits(std::uint16_t bits);
Blob text(std::uint8_t tag, std::string_view contents);

Blob utc_time(Time time);
Blob generalized_time(Time time);
// UTCTime through 2049, GeneralizedTime from 2050: RFC 5280 4.1.2.5.
Blob time(Time time);

}  // namespace jpki::testpki::der
