// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/directory/sid.h"

#include "base/number.h"

#include <optional>

namespace jpki::ad {
namespace {

constexpr std::size_t kMaxSubAuthorities = 15;
constexpr std::size_t kHeaderSize = 8;  // revision, count, 48 bits of authority
constexpr std::uint64_t kMaxAuthority = (std::uint64_t{1} << 48) - 1;

Unexpected<std::string> refuse(const char* what) {
  return Unexpected{std::string(what)};
}

// The whole of `text` as a number without leading zeros, at most `highest`.
std::optional<std::uint64_t> number(std::string_view text, std::uint64_t highest, int base = 10) {
  const auto value = whole_number<std::uint64_t>(text, base);
  if (!value || *value > highest) return std::nullopt;
  if (base == 10 && text.size() > 1 && text.front() == '0') return std::nullopt;
  return value;
}

// The text up to the next hyphen, which goes away with it.
std::string_view next_part(std::string_view& rest) {
  const auto end = rest.find('-');
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

// [MS-DTYP] 2.4.2.1: decimal below 2^32, "0x" and 12 digits from there on.
std::optional<std::uint64_t> authority_from(std::string_view text) {
  if (!text.starts_with("0x")) return number(text, UINT32_MAX);
  const auto value = text.size() == 14 ? number(text.substr(2), kMaxAuthority, 16) : std::nullopt;
  return value && *value > UINT32_MAX ? value : std::nullopt;
}

}  // namespace

Expected<Sid, std::string> Sid::decode(Bytes bytes) {
  if (bytes.size() < kHeaderSize) return refuse("SID: shorter than its header");
  if (bytes[0] != 1) return refuse("SID: revision is not 1");
  const std::size_t count = bytes[1];
  if (count == 0 || count > kMaxSubAuthorities) return refuse("SID: must have 1 to 15 sub-authorities");
  if (bytes.size() != kHeaderSize + 4 * count) return refuse("SID: length does not fit its sub-authorities");
  Sid sid;
  for (const std::uint8_t byte : bytes.subspan(2, 6)) sid.authority = (sid.authority << 8) | byte;
  for (std::size_t at = kHeaderSize; at < bytes.size(); at += 4) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = (value << 8) | bytes[at + i];
    sid.sub_authorities.push_back(value);
  }
  return sid;
}

Expected<Sid, std::string> Sid::parse(std::string_view text) {
  if (!text.starts_with("S-1-")) return refuse("SID: must begin with S-1-");
  if (text.ends_with('-')) return refuse("SID: ends in a hyphen");
  std::string_view rest = text.substr(4);
  const auto authority = authority_from(next_part(rest));
  if (!authority) return refuse("SID: identifier authority is not a 48-bit number");
  Sid sid;
  sid.authority = *authority;
  while (!rest.empty()) {
    const auto value = number(next_part(rest), UINT32_MAX);
    if (!value) return refuse("SID: a sub-authority is not a 32-bit number");
    sid.sub_authorities.push_back(static_cast<std::uint32_t>(*value));
  }
  if (sid.sub_authorities.empty() || sid.sub_authorities.size() > kMaxSubAuthorities)
    return refuse("SID: must have 1 to 15 sub-authorities");
  return sid;
}

Blob Sid::encode() const {
  Blob bytes{1, static_cast<std::uint8_t>(sub_authorities.size())};
  for (int shift = 40; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(authority >> shift));
  for (const std::uint32_t value : sub_authorities)
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
  return bytes;
}

std::string Sid::text() const {
  std::string out = "S-1-";
  if (authority > UINT32_MAX) {
    Blob bytes;
    for (int shift = 40; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<std::uint8_t>(authority >> shift));
    out += "0x" + to_hex(bytes);
  } else {
    out += std::to_string(authority);
  }
  for (const std::uint32_t value : sub_authorities) out += "-" + std::to_string(value);
  return out;
}

Sid Sid::domain() const {
  Sid domain = *this;
  domain.sub_authorities.pop_back();
  return domain;
}

}  // namespace jpki::ad
