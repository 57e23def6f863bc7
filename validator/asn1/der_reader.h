// SPDX-License-Identifier: LGPL-2.1-or-later
//
// DerReader: walks DER (X.690) one value at a time. It copies nothing, allocates nothing and never looks at
// more than one header, so a walk costs time linear in what is visited; nesting is the caller's own code,
// hence bounded.
//
// Refused: indefinite and non-minimal lengths, lengths beyond the input or above four length octets, tag
// numbers above 30, the tag zero, and constructed forms of universal string types.
//
// Why not libtasn1 or GnuTLS's decoders: hostile bytes meet them first, they build trees on the heap, their
// time for big CRLs is quadratic, and GnuTLS has no accessor for much of what RFC 5280 6 needs.
#pragma once

#include "base/bytes.h"

#include <optional>

namespace jpki::asn1 {

// Identifier octets.
enum Tag : std::uint8_t {
  kBoolean = 0x01,
  kInteger = 0x02,
  kBitString = 0x03,
  kOctetString = 0x04,
  kNull = 0x05,
  kOid = 0x06,
  kEnumerated = 0x0a,
  kUtf8String = 0x0c,
  kNumericString = 0x12,
  kPrintableString = 0x13,
  kTeletexString = 0x14,
  kIa5String = 0x16,
  kUtcTime = 0x17,
  kGeneralizedTime = 0x18,
  kVisibleString = 0x1a,
  kUniversalString = 0x1c,
  kBmpString = 0x1e,
  kSequence = 0x30,
  kSet = 0x31,
};

// [number] IMPLICIT over a primitive type; [number] over a constructed one or EXPLICIT.
constexpr std::uint8_t context(unsigned number) {
  return static_cast<std::uint8_t>(0x80 | number);
}
constexpr std::uint8_t context_constructed(unsigned number) {
  return static_cast<std::uint8_t>(0xa0 | number);
}

struct Element {
  std::uint8_t tag = 0;
  Bytes contents;
  Bytes encoded;  // header and contents
};

class DerReader {
 public:
  // `input` must outlive the reader and every view it hands out.
  explicit DerReader(Bytes input) : rest_(input) {}

  bool at_end() const { return rest_.empty(); }
  bool next_is(std::uint8_t tag) const { return !rest_.empty() && rest_.front() == tag; }
  Bytes rest() const { return rest_; }

  // The next value; nothing at the end or when it is malformed. A failed read consumes nothing.
  std::optional<Element> read();
  // The same for a value that must carry `tag`.
  std::optional<Element> read(std::uint8_t tag);

 private:
  Bytes rest_;
};

// The contents of the one value of type `tag` that fills `der` completely.
std::optional<Bytes> read_only(Bytes der, std::uint8_t tag);

}  // namespace jpki::asn1
