// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/asn1/der_reader.h"

namespace jpki::asn1 {
namespace {

constexpr std::size_t kMaxLengthOctets = 4;

// X.690 8.1.2 and 10.2: of the universal types only SEQUENCE, SET, EXTERNAL and EMBEDDED PDV are constructed.
bool acceptable_identifier(std::uint8_t tag) {
  const unsigned number = tag & 0x1fu;
  if (number == 31) return false;
  if ((tag & 0xc0u) != 0) return true;
  const bool constructed = (tag & 0x20u) != 0;
  const bool always_constructed = number == 8 || number == 11 || number == 16 || number == 17;
  return number != 0 && constructed == always_constructed;
}

struct Length {
  std::size_t header;  // identifier and length octets
  std::size_t contents;
};

// X.690 8.1.3 and 10.1: definite, minimal.
std::optional<Length> read_length(Bytes input) {
  if (input.size() < 2) return std::nullopt;
  const std::uint8_t first = input[1];
  if (first < 0x80) return Length{2, first};
  const std::size_t octets = first & 0x7fu;
  if (octets == 0 || octets > kMaxLengthOctets || input.size() < 2 + octets) return std::nullopt;
  std::size_t contents = 0;
  for (const std::uint8_t byte : input.subspan(2, octets)) contents = contents << 8 | byte;
  if (contents < 0x80 || input[2] == 0) return std::nullopt;
  return Length{2 + octets, contents};
}

}  // namespace

std::optional<Element> DerReader::read() {
  if (rest_.empty() || !acceptable_identifier(rest_.front())) return std::nullopt;
  const auto length = read_length(rest_);
  if (!length || length->contents > rest_.size() - length->header) return std::nullopt;
  const Element element{rest_.front(), rest_.subspan(length->header, length->contents),
                        rest_.first(length->header + length->contents)};
  rest_ = rest_.subspan(element.encoded.size());
  return element;
}

std::optional<Element> DerReader::read(std::uint8_t tag) {
  if (!next_is(tag)) return std::nullopt;
  return read();
}

std::optional<Bytes> read_only(Bytes der, std::uint8_t tag) {
  DerReader reader(der);
  const auto element = reader.read(tag);
  if (!element || !reader.at_end()) return std::nullopt;
  return element->contents;
}

}  // namespace jpki::asn1
