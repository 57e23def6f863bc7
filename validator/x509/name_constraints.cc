// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/name_constraints.h"

#include "base/ascii_case.h"
#include "validator/asn1/der_values.h"

#include <algorithm>
#include <bit>

namespace jpki::x509 {
namespace {

using asn1::DerReader;

constexpr std::size_t kIpv4Size = 4;
constexpr std::size_t kIpv6Size = 16;

bool is_contiguous(Bytes mask) {
  bool ended = false;
  for (const std::uint8_t byte : mask) {
    if (ended && byte != 0) return false;
    const int ones = std::countl_one(byte);
    if (std::popcount(byte) != ones) return false;
    ended = ended || ones < 8;
  }
  return true;
}

bool is_address_range(Bytes value) {
  if (value.size() != 2 * kIpv4Size && value.size() != 2 * kIpv6Size) return false;
  return is_contiguous(value.subspan(value.size() / 2));
}

// GeneralSubtree ::= SEQUENCE { base, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }
std::optional<GeneralSubtree> decode_subtree(Bytes contents) {
  DerReader reader(contents);
  const auto element = reader.read();
  auto base = element ? decode_general_name(*element) : std::nullopt;
  if (!base) return std::nullopt;
  if (base->form == NameForm::kIpAddress && !is_address_range(base->value)) return std::nullopt;
  GeneralSubtree subtree{std::move(*base), false};
  for (const unsigned number : {0u, 1u}) {
    if (!reader.next_is(asn1::context(number))) continue;
    const auto field = reader.read();
    const auto distance = field ? asn1::decode_unsigned(field->contents) : std::nullopt;
    if (!distance) return std::nullopt;
    subtree.has_distances = subtree.has_distances || number == 1 || *distance != 0;
  }
  if (!reader.at_end()) return std::nullopt;
  return subtree;
}

bool decode_subtrees(Bytes contents, std::vector<GeneralSubtree>& out) {
  for (DerReader reader(contents); !reader.at_end();) {
    const auto element = reader.read(asn1::kSequence);
    auto subtree = element ? decode_subtree(element->contents) : std::nullopt;
    if (!subtree || out.size() == kMaxGeneralNames) return false;
    out.push_back(std::move(*subtree));
  }
  return !out.empty();
}

bool ends_with_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && equal_ignoring_case(text.substr(text.size() - end.size()), end);
}

// An absolute name says no more than the same one without the root's dot.
std::string_view without_root(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

Containment inside_if(bool inside) {
  return inside ? Containment::kInside : Containment::kOutside;
}

// `domain` begins with a dot: one or more labels stand in front of it.
bool is_below(std::string_view host, std::string_view domain) {
  return host.size() > domain.size() && ends_with_ignoring_case(host, domain);
}

bool is_at_or_below(std::string_view host, std::string_view base) {
  if (base.empty() || equal_ignoring_case(host, base)) return true;
  if (base.starts_with('.')) return is_below(host, base);
  return host.size() > base.size() && host[host.size() - base.size() - 1] == '.' &&
         ends_with_ignoring_case(host, base);
}

Containment dns_containment(std::string_view name, std::string_view base) {
  name = without_root(name);
  base = without_root(base);
  if (name.empty()) return Containment::kUnclear;
  if (is_at_or_below(name, base)) return Containment::kInside;
  // "*.example.org" stands for names that may lie at or below "host.example.org".
  if (name.starts_with("*.") && is_at_or_below(base, name.substr(2))) return Containment::kUnclear;
  return Containment::kOutside;
}

Containment mailbox_containment(std::string_view name, std::string_view base) {
  const auto at = name.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == name.size()) return Containment::kUnclear;
  const std::string_view local = name.substr(0, at);
  const std::string_view host = without_root(name.substr(at + 1));
  const auto base_at = base.rfind('@');
  if (base_at != std::string_view::npos)
    return inside_if(local == base.substr(0, base_at) &&
                     equal_ignoring_case(host, without_root(base.substr(base_at + 1))));
  base = without_root(base);
  if (base.empty()) return Containment::kInside;
  return inside_if(base.starts_with('.') ? is_below(host, base) : equal_ignoring_case(host, base));
}

// The host of a URI's authority (RFC 3986 3.2) when it is a name; nothing without authority, with an IP
// literal or address.
std::optional<std::string_view> host_of(std::string_view uri) {
  const auto colon = uri.find(':');
  if (colon == std::string_view::npos || !uri.substr(colon + 1).starts_with("//")) return std::nullopt;
  std::string_view authority = uri.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  // No URI has a backslash, but many readers take it for a slash.
  if (authority.find('\\') != std::string_view::npos) return std::nullopt;
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  if (authority.starts_with('[')) return std::nullopt;
  const std::string_view host = without_root(authority.substr(0, authority.find(':')));
  if (host.empty() || host.find('%') != std::string_view::npos) return std::nullopt;
  // No top-level domain is a number (RFC 3696 2), the last part of every IPv4 address is.
  const std::string_view last = host.substr(host.rfind('.') + 1);
  if (last.empty() || (last.front() >= '0' && last.front() <= '9')) return std::nullopt;
  return host;
}

Containment uri_containment(std::string_view name, std::string_view base) {
  const auto host = host_of(name);
  if (!host) return Containment::kUnclear;
  base = without_root(base);
  if (base.empty()) return Containment::kInside;
  return inside_if(base.starts_with('.') ? is_below(*host, base) : equal_ignoring_case(*host, base));
}

Containment address_containment(Bytes name, Bytes range) {
  if (name.size() != kIpv4Size && name.size() != kIpv6Size) return Containment::kUnclear;
  if (range.size() != 2 * name.size()) return Containment::kOutside;
  for (std::size_t i = 0; i < name.size(); ++i)
    if (((name[i] ^ range[i]) & range[name.size() + i]) != 0) return Containment::kOutside;
  return Containment::kInside;
}

}  // namespace

std::optional<NameConstraints> decode_name_constraints(Bytes value) {
  const auto contents = asn1::read_only(value, asn1::kSequence);
  if (!contents) return std::nullopt;
  DerReader reader(*contents);
  NameConstraints constraints;
  const auto permitted = reader.read(asn1::context_constructed(0));
  if (permitted && !decode_subtrees(permitted->contents, constraints.permitted)) return std::nullopt;
  const auto excluded = reader.read(asn1::context_constructed(1));
  if (excluded && !decode_subtrees(excluded->contents, constraints.excluded)) return std::nullopt;
  if (!reader.at_end() || (!permitted && !excluded)) return std::nullopt;
  return constraints;
}

Containment containment(const GeneralName& name, const GeneralSubtree& subtree) {
  if (subtree.has_distances) return Containment::kUnclear;
  const std::string_view text = as_text(name.value);
  const std::string_view base = as_text(subtree.base.value);
  switch (subtree.base.form) {
    case NameForm::kRfc822Name:
      return mailbox_containment(text, base);
    case NameForm::kDnsName:
      return dns_containment(text, base);
    case NameForm::kDirectoryName:
      return inside_if(name.name && subtree.base.name && name_begins_with(*name.name, *subtree.base.name));
    case NameForm::kUri:
      return uri_containment(text, base);
    case NameForm::kIpAddress:
      return address_containment(name.value, subtree.base.value);
    case NameForm::kOtherName:
    case NameForm::kX400Address:
    case NameForm::kEdiPartyName:
    case NameForm::kRegisteredId:
      return Containment::kUnclear;
  }
  return Containment::kUnclear;
}

}  // namespace jpki::x509
