// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/asn1/der_values.h"

#include <algorithm>

namespace jpki::asn1 {
namespace {

using Arc = unsigned __int128;

std::string decimal(Arc value) {
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  std::ranges::reverse(digits);
  return digits;
}

// Two decimal digits at `at`; the caller checked that they are digits.
int two_digits(Bytes text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

// MMDDHHMMSSZ after the year's digits.
std::optional<Time> time_of(int year, Bytes rest) {
  namespace chrono = std::chrono;
  const auto month = static_cast<unsigned>(two_digits(rest, 0));
  const auto day = static_cast<unsigned>(two_digits(rest, 2));
  const chrono::year_month_day date{chrono::year{year}, chrono::month{month}, chrono::day{day}};
  const int hour = two_digits(rest, 4);
  const int minute = two_digits(rest, 6);
  const int second = two_digits(rest, 8);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return chrono::sys_days(date) + chrono::hours(hour) + chrono::minutes(minute) + chrono::seconds(second);
}

}  // namespace

std::optional<bool> decode_boolean(Bytes contents) {
  if (contents.size() != 1 || (contents[0] != 0x00 && contents[0] != 0xff)) return std::nullopt;
  return contents[0] != 0;
}

std::optional<bool> read_default_false(DerReader& reader, std::uint8_t tag) {
  if (!reader.next_is(tag)) return false;
  const auto element = reader.read();
  if (!element) return std::nullopt;
  return decode_boolean(element->contents);
}

bool is_integer(Bytes contents) {
  if (contents.empty()) return false;
  if (contents.size() == 1) return true;
  const bool second_is_negative = (contents[1] & 0x80u) != 0;
  return !(contents[0] == 0x00 && !second_is_negative) && !(contents[0] == 0xff && second_is_negative);
}

std::optional<std::uint64_t> decode_unsigned(Bytes contents) {
  if (!is_integer(contents) || (contents[0] & 0x80u) != 0) return std::nullopt;
  if (contents[0] == 0) contents = contents.subspan(1);
  if (contents.size() > sizeof(std::uint64_t)) return std::nullopt;
  std::uint64_t value = 0;
  for (const std::uint8_t byte : contents) value = value << 8 | byte;
  return value;
}

std::optional<std::string> decode_oid(Bytes contents) {
  if (contents.empty() || contents.size() > kMaxOidSize || (contents.back() & 0x80u) != 0)
    return std::nullopt;
  std::string dotted;
  Arc arc = 0;
  bool arc_begins = true;
  for (const std::uint8_t byte : contents) {
    if ((arc_begins && byte == 0x80) || arc >> 121 != 0) return std::nullopt;
    arc = arc << 7 | (byte & 0x7fu);
    arc_begins = (byte & 0x80u) == 0;
    if (!arc_begins) continue;
    if (dotted.empty()) {
      const Arc root = std::min<Arc>(arc / 40, 2);
      dotted = decimal(root) + '.' + decimal(arc - root * 40);
    } else {
      dotted += '.' + decimal(arc);
    }
    arc = 0;
  }
  return dotted;
}

std::optional<BitString> decode_bit_string(Bytes contents) {
  if (contents.empty() || contents[0] > 7) return std::nullopt;
  const BitString bits{contents.subspan(1), contents[0]};
  if (bits.bytes.empty()) return bits.unused_bits == 0 ? std::optional(bits) : std::nullopt;
  const unsigned unused_mask = (1u << bits.unused_bits) - 1;
  if ((bits.bytes.back() & unused_mask) != 0) return std::nullopt;
  return bits;
}

std::optional<std::uint16_t> decode_named_bits(Bytes contents) {
  const auto bits = decode_bit_string(contents);
  if (!bits) return std::nullopt;
  unsigned value = 0;
  for (std::size_t i = 0; i < bits->bytes.size() * 8; ++i) {
    if ((bits->bytes[i / 8] & (0x80u >> (i % 8))) == 0) continue;
    if (i >= 16) return std::nullopt;
    value |= 1u << i;
  }
  return static_cast<std::uint16_t>(value);
}

std::optional<Time> decode_time(const Element& element) {
  const Bytes text = element.contents;
  const std::size_t year_digits = element.tag == kUtcTime ? 2 : 4;
  if (element.tag != kUtcTime && element.tag != kGeneralizedTime) return std::nullopt;
  if (text.size() != year_digits + 11 || text.back() != 'Z') return std::nullopt;
  if (!std::ranges::all_of(text.first(text.size() - 1), [](std::uint8_t c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  int year = two_digits(text, 0);
  if (element.tag == kUtcTime) {
    year += year >= 50 ? 1900 : 2000;
  } else {
    year = year * 100 + two_digits(text, 2);
  }
  return time_of(year, text.subspan(year_digits));
}

}  // namespace jpki::asn1
