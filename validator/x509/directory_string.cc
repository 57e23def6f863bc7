// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/directory_string.h"

#include "base/ascii_case.h"
#include "validator/asn1/der_reader.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

namespace jpki::x509 {
namespace {

struct Free {
  void operator()(std::uint8_t* memory) const { std::free(memory); }
};
using Utf8Buffer = std::unique_ptr<std::uint8_t[], Free>;

bool is_ascii(Bytes bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte < 0x80; });
}

bool append_utf8(std::string& out, ucs4_t character) {
  std::uint8_t buffer[6];
  const int size = u8_uctomb(buffer, character, sizeof buffer);
  if (size <= 0) return false;  // a surrogate, or beyond U+10FFFF
  out.append(reinterpret_cast<const char*>(buffer), static_cast<std::size_t>(size));
  return true;
}

// Big-endian characters of `width` octets each.
std::optional<std::string> from_wide(Bytes contents, std::size_t width) {
  if (contents.size() % width != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < contents.size(); i += width) {
    ucs4_t character = 0;
    for (const std::uint8_t byte : contents.subspan(i, width)) character = character << 8 | byte;
    if (!append_utf8(out, character)) return std::nullopt;
  }
  return out;
}

// RFC 4518 2.2: what becomes a space, and what is dropped.
bool maps_to_space(ucs4_t c) {
  return (c >= 0x09 && c <= 0x0d) || c == 0x85 || uc_is_general_category(c, UC_CATEGORY_Z);
}
bool maps_to_nothing(ucs4_t c) {
  return uc_is_general_category(c, UC_CATEGORY_Cc) || uc_is_general_category(c, UC_CATEGORY_Cf) ||
         uc_is_property_default_ignorable_code_point(c);
}

// Collapses and trims white space, drops the invisible (RFC 4518 2.2 and 2.6.1).
std::optional<std::string> squeeze(Bytes text) {
  std::string out;
  out.reserve(text.size());
  bool space_pending = false;
  for (std::size_t i = 0; i < text.size();) {
    ucs4_t c = 0;
    const int size = u8_mbtoucr(&c, text.data() + i, text.size() - i);
    if (size <= 0) return std::nullopt;
    i += static_cast<std::size_t>(size);
    if (maps_to_space(c)) {
      space_pending = !out.empty();
      continue;
    }
    if (maps_to_nothing(c)) continue;
    if (space_pending) out.push_back(' ');
    space_pending = false;
    append_utf8(out, c);
  }
  return out;
}

// The same result for ASCII, the bulk of all names, without libunistring's allocations.
std::string prepare_ascii(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool space_pending = false;
  for (const char c : text) {
    if (c == ' ' || (c >= 0x09 && c <= 0x0d)) {
      space_pending = !out.empty();
      continue;
    }
    if (c < 0x20 || c == 0x7f) continue;
    if (space_pending) out.push_back(' ');
    space_pending = false;
    out.push_back(to_lower(c));
  }
  return out;
}

}  // namespace

bool is_character_string(std::uint8_t tag) noexcept {
  switch (tag) {
    case asn1::kUtf8String:
    case asn1::kNumericString:
    case asn1::kPrintableString:
    case asn1::kTeletexString:
    case asn1::kIa5String:
    case asn1::kVisibleString:
    case asn1::kUniversalString:
    case asn1::kBmpString:
      return true;
    default:
      return false;  // a number from a certificate, not an enumeration of ours
  }
}

std::optional<std::string> to_utf8(std::uint8_t tag, Bytes contents) {
  if (!is_character_string(tag)) return std::nullopt;
  if (tag == asn1::kBmpString) return from_wide(contents, 2);
  if (tag == asn1::kUniversalString) return from_wide(contents, 4);
  if (tag == asn1::kTeletexString) return from_wide(contents, 1);
  if (tag == asn1::kUtf8String && u8_check(contents.data(), contents.size()) != nullptr) return std::nullopt;
  if (tag != asn1::kUtf8String && !is_ascii(contents)) return std::nullopt;
  return std::string(as_text(contents));
}

std::optional<std::string> prepare_text(std::string_view text) {
  const Bytes bytes = as_bytes(text);
  if (is_ascii(bytes)) return prepare_ascii(text);
  std::size_t size = 0;
  const Utf8Buffer folded(u8_casefold(bytes.data(), bytes.size(), nullptr, UNINORM_NFKC, nullptr, &size));
  if (!folded) return std::nullopt;
  return squeeze({folded.get(), size});
}

}  // namespace jpki::x509
