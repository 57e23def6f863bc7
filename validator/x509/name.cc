// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/name.h"

#include "validator/asn1/der_reader.h"
#include "validator/asn1/der_values.h"
#include "validator/x509/directory_string.h"

#include <algorithm>
#include <iterator>

namespace jpki::x509 {
namespace {

using Rdn = std::vector<AttributeTypeAndValue>;

Unexpected<std::string> refuse(const char* what) {
  return Unexpected{std::string(what)};
}

Expected<AttributeTypeAndValue, std::string> decode_attribute(Bytes contents) {
  asn1::DerReader reader(contents);
  const auto type = reader.read(asn1::kOid);
  const auto value = type ? reader.read() : std::nullopt;
  if (!value || !reader.at_end()) return refuse("malformed AttributeTypeAndValue");
  auto oid = asn1::decode_oid(type->contents);
  if (!oid) return refuse("malformed AttributeType");

  AttributeTypeAndValue attribute{std::move(*oid), value->tag, value->contents, {}, {}};
  if (!is_character_string(value->tag)) {
    attribute.normalized = static_cast<char>(value->tag) + std::string(as_text(value->contents));
    return attribute;
  }
  auto text = to_utf8(value->tag, value->contents);
  auto prepared = text ? prepare_text(*text) : std::nullopt;
  if (!prepared) return refuse("AttributeValue does not fit its string type");
  attribute.text = std::move(*text);
  attribute.normalized = std::move(*prepared);
  return attribute;
}

bool attributes_equal(const AttributeTypeAndValue& a, const AttributeTypeAndValue& b) {
  return a.type == b.type && a.normalized == b.normalized;
}

bool rdns_equal(const Rdn& a, const Rdn& b) {
  if (a.size() == 1 && b.size() == 1) return attributes_equal(a.front(), b.front());
  return std::is_permutation(a.begin(), a.end(), b.begin(), b.end(), attributes_equal);
}

bool attributes_may_be_equal(const AttributeTypeAndValue& a, const AttributeTypeAndValue& b) {
  if (a.type != b.type) return false;
  return a.normalized == b.normalized || !is_character_string(a.tag) || !is_character_string(b.tag);
}

// Each attribute has one that it may be equal to: an upper bound, which is all that is asked for.
bool rdns_may_be_equal(const Rdn& a, const Rdn& b) {
  return a.size() == b.size() && std::ranges::all_of(a, [&](const auto& one) {
           return std::ranges::any_of(b,
                                      [&](const auto& other) { return attributes_may_be_equal(one, other); });
         });
}

bool begins_with(const Name& name, const Name& base, bool (*equal)(const Rdn&, const Rdn&)) {
  return base.rdns.size() <= name.rdns.size() &&
         std::equal(base.rdns.rbegin(), base.rdns.rend(),
                    name.rdns.rend() - static_cast<std::ptrdiff_t>(base.rdns.size()), equal);
}

// Microsoft's CertNameToStr names; SSSD's certmap has the same table.
std::string ad_attribute_name(const std::string& oid) {
  static constexpr struct {
    std::string_view oid;
    const char* name;
  } kNames[] = {
      {"2.5.4.3", "CN"},
      {"2.5.4.4", "SN"},
      {"2.5.4.5", "SERIALNUMBER"},
      {"2.5.4.6", "C"},
      {"2.5.4.7", "L"},
      {"2.5.4.8", "S"},
      {"2.5.4.9", "STREET"},
      {"2.5.4.10", "O"},
      {"2.5.4.11", "OU"},
      {"2.5.4.12", "T"},
      {"2.5.4.13", "Description"},
      {"2.5.4.17", "PostalCode"},
      {"2.5.4.18", "POBox"},
      {"2.5.4.42", "G"},
      {"2.5.4.43", "I"},
      {"2.5.4.46", "dnQualifier"},
      {"0.9.2342.19200300.100.1.25", "DC"},
      {"1.2.840.113549.1.9.1", "E"},
  };
  const auto* const found =
      std::ranges::find(kNames, std::string_view(oid), &std::remove_cvref_t<decltype(*kNames)>::oid);
  return found == std::end(kNames) ? "OID." + oid : found->name;
}

// Octets of the character at the beginning of `text`, UTF-8, that a terminal would obey instead of showing
// it: C0 and C1 controls, line and paragraph separators, marks that turn the direction of writing. 0 for all
// others.
std::size_t control_at(std::string_view text) {
  const auto octet = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  if (octet(0) < 0x20 || octet(0) == 0x7f) return 1;
  if (octet(0) == 0xc2 && octet(1) >= 0x80 && octet(1) <= 0x9f) return 2;
  if (octet(0) == 0xd8 && octet(1) == 0x9c) return 2;  // U+061C
  if (octet(0) != 0xe2) return 0;
  const unsigned code = 0x2000u | (octet(1) & 0x3fu) << 6 | (octet(2) & 0x3fu);
  const bool turns = code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
                     (code >= 0x2066 && code <= 0x2069);
  return turns ? 3 : 0;
}

// RFC 4514 2.4.
std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool special = std::string_view(",+\"\\<>;").find(c) != std::string_view::npos;
    const bool leading = i == 0 && (c == ' ' || c == '#');
    const bool trailing = i + 1 == text.size() && c == ' ';
    if (const std::size_t size = control_at(text.substr(i)); size > 0) {
      for (std::size_t end = i + size; i < end; ++i) out += '\\' + to_hex(as_bytes(text.substr(i, 1)));
      --i;
      continue;
    }
    if (special || leading || trailing) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

}  // namespace

Expected<std::vector<AttributeTypeAndValue>, std::string> decode_rdn(Bytes contents) {
  if (contents.size() > kMaxNameSize) return refuse("name too long");
  asn1::DerReader reader(contents);
  Rdn rdn;
  while (!reader.at_end()) {
    const auto element = reader.read(asn1::kSequence);
    if (!element) return refuse("malformed RelativeDistinguishedName");
    auto attribute = decode_attribute(element->contents);
    if (!attribute) return Unexpected{attribute.error()};
    rdn.push_back(std::move(*attribute));
    if (rdn.size() > kMaxAttributes) return refuse("too many attributes");
  }
  if (rdn.empty()) return refuse("empty RelativeDistinguishedName");
  return rdn;
}

Expected<Name, std::string> decode_name(Bytes der) {
  if (der.size() > kMaxNameSize) return refuse("name too long");
  const auto sequence = asn1::read_only(der, asn1::kSequence);
  if (!sequence) return refuse("malformed Name");
  asn1::DerReader reader(*sequence);
  Name name;
  std::size_t attributes = 0;
  while (!reader.at_end()) {
    const auto set = reader.read(asn1::kSet);
    if (!set) return refuse("malformed RDNSequence");
    auto rdn = decode_rdn(set->contents);
    if (!rdn) return Unexpected{rdn.error()};
    attributes += rdn->size();
    if (attributes > kMaxAttributes) return refuse("too many attributes");
    name.rdns.push_back(std::move(*rdn));
  }
  return name;
}

bool names_equal(const Name& a, const Name& b) {
  return a.rdns.size() == b.rdns.size() && name_begins_with(a, b);
}

bool name_begins_with(const Name& name, const Name& base) {
  return begins_with(name, base, rdns_equal);
}

bool name_may_begin_with(const Name& name, const Name& base) {
  return begins_with(name, base, rdns_may_be_equal);
}

std::vector<std::string_view> email_addresses(const Name& subject) {
  constexpr std::string_view kEmailAddress = "1.2.840.113549.1.9.1";
  std::vector<std::string_view> addresses;
  for (const Rdn& rdn : subject.rdns)
    for (const auto& attribute : rdn)
      if (attribute.type == kEmailAddress) addresses.push_back(attribute.text);
  return addresses;
}

std::string to_ad_string(const Name& name) {
  std::string out;
  for (const Rdn& rdn : name.rdns) {
    if (!out.empty()) out.push_back(',');
    for (const auto& attribute : rdn) {
      if (&attribute != &rdn.front()) out.push_back('+');
      out += ad_attribute_name(attribute.type) + '=';
      out += is_character_string(attribute.tag) ? escaped(attribute.text) : '#' + to_hex(attribute.value);
    }
  }
  return out;
}

}  // namespace jpki::x509
