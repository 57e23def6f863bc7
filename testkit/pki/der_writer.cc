// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/pki/der_writer.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <string>

#include <fmt/format.h>

namespace jpki::testpki::der {

namespace {

struct CivilTime {
  int year;
  unsigned month, day;
  long hour, minute, second;
};

CivilTime civil(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return {static_cast<int>(date.year()),     static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()), clock.hours().count(),
          clock.minutes().count(),           clock.seconds().count()};
}

void append_base128(Blob& out, std::uint64_t arc) {
  const int groups = std::max(1, (static_cast<int>(std::bit_width(arc)) + 6) / 7);
  for (int group = groups - 1; group >= 0; --group) {
    const auto bits = static_cast<std::uint8_t>((arc >> (7 * group)) & 0x7f);
    out.push_back(static_cast<std::uint8_t>(bits | (group > 0 ? 0x80 : 0)));
  }
}

}  // namespace

void append(Blob& out, Bytes bytes) {
  append_bytes(out, bytes);
}

void append_header(Blob& out, std::uint8_t tag, std::size_t size) {
  out.push_back(tag);
  if (size < 0x80) {
    out.push_back(static_cast<std::uint8_t>(size));
    return;
  }
  const int octets = (static_cast<int>(std::bit_width(size)) + 7) / 8;
  out.push_back(static_cast<std::uint8_t>(0x80 | octets));
  for (int octet = octets - 1; octet >= 0; --octet)
    out.push_back(static_cast<std::uint8_t>(size >> (8 * octet)));
}

Blob tlv(std::uint8_t tag, Bytes contents) {
  Blob out;
  out.reserve(contents.size() + 6);
  append_header(out, tag, contents.size());
  append(out, contents);
  return out;
}

Blob tlv(std::uint8_t tag, std::initializer_list<Bytes> parts) {
  Blob contents;
  for (const Bytes part : parts) append(contents, part);
  return tlv(tag, contents);
}

Blob tlv(std::uint8_t tag, std::span<const Blob> parts) {
  Blob contents;
  for (const Blob& part : parts) append(contents, part);
  return tlv(tag, contents);
}

Blob sequence(std::initializer_list<Bytes> parts) {
  return tlv(kSequence, parts);
}
Blob sequence(std::span<const Blob> parts) {
  return tlv(kSequence, parts);
}

Blob boolean(bool value) {
  return {0x01, 0x01, static_cast<std::uint8_t>(value ? 0xff : 0x00)};
}
Blob null() {
  return {0x05, 0x00};
}

Blob integer(std::uint64_t value) {
  Blob bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
  return unsigned_integer(bytes);
}

Blob unsigned_integer(Bytes big_endian) {
  while (!big_endian.empty() && big_endian.front() == 0) big_endian = big_endian.subspan(1);
  Blob contents;
  if (big_endian.empty() || big_endian.front() >= 0x80) contents.push_back(0);
  append(contents, big_endian);
  return tlv(kInteger, contents);
}

Blob raw_integer(Bytes contents) {
  return tlv(kInteger, contents);
}
Blob enumerated(std::uint8_t value) {
  return {kEnumerated, 0x01, value};
}

Blob oid(std::string_view dotted) {
  std::vector<std::uint64_t> arcs;
  for (const char* at = dotted.data(); at < dotted.data() + dotted.size();) {
    const auto [next, error] = std::from_chars(at, dotted.data() + dotted.size(), arcs.emplace_back());
    if (error != std::errc()) break;
    at = next + 1;
  }
  arcs.resize(std::max<std::size_t>(arcs.size(), 2));
  Blob contents;
  append_base128(contents, arcs[0] * 40 + arcs[1]);
  for (std::size_t i = 2; i < arcs.size(); ++i) append_base128(contents, arcs[i]);
  return tlv(0x06, contents);
}

Blob octet_string(Bytes contents) {
  return tlv(kOctetString, contents);
}

Blob bit_string(Bytes contents, unsigned unused_bits) {
  const Blob unused{static_cast<std::uint8_t>(unused_bits)};
  return tlv(0x03, {unused, contents});
}

Blob named_bits(std::uint16_t bits) {
  const int count = static_cast<int>(std::bit_width(bits));
  Blob contents(static_cast<std::size_t>((count + 7) / 8));
  for (int bit = 0; bit < count; ++bit) {
    if ((bits >> bit & 1) == 0) continue;
    std::uint8_t& octet = contents[static_cast<std::size_t>(bit / 8)];
    octet = static_cast<std::uint8_t>(octet | 0x80 >> bit % 8);
  }
  return bit_string(contents, static_cast<unsigned>((8 - count % 8) % 8));
}

Blob text(std::uint8_t tag, std::string_view contents) {
  return tlv(tag, as_bytes(contents));
}

Blob utc_time(Time time) {
  const CivilTime t = civil(time);
  return text(kUtcTime, fmt::format("{:02}{:02}{:02}{:02}{:02}{:02}Z", t.year % 100, t.month, t.day, t.hour,
                                    t.minute, t.second));
}

Blob generalized_time(Time time) {
  const CivilTime t = civil(time);
  return text(kGeneralizedTime, fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}Z", t.year, t.month, t.day, t.hour,
                                            t.minute, t.second));
}

Blob time(Time time) {
  const int year = civil(time).year;
  return year >= 1950 && year < 2050 ? utc_time(time) : generalized_time(time);
}

}  // namespace jpki::testpki::der
