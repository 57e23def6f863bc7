// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/name_constraints.h"

#include "base/ascii_case.h"
#include "validator/asn1/der_values.h"
#include "validator/x509/name_syntax.h"

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

Containment inside_if(bool inside) {
  return inside ? Containment::kInside : Containment::kOutside;
}

// What the text of a dNSName, rfc822Name or URI subtree names; `below_only` when a dot stands before it.
struct Domain {
  std::string_view host;
  bool below_only = false;
};

// Nothing for what cannot be processed: a scheme, a port, an address, "*", "@", an empty label.
std::optional<Domain> parse_domain(std::string_view base) {
  const bool below_only = base.starts_with('.');
  const auto host = host_name(base.substr(below_only ? 1 : 0));
  if (!host) return std::nullopt;
  return Domain{*host, below_only};
}

// One or more labels stand in front of `domain`.
bool is_below(std::string_view host, std::string_view domain) {
  return host.size() > domain.size() + 1 && host[host.size() - domain.size() - 1] == '.' &&
         equal_ignoring_case(host.substr(host.size() - domain.size()), domain);
}

bool is_at_or_below(std::string_view host, std::string_view domain) {
  return equal_ignoring_case(host, domain) || is_below(host, domain);
}

Containment dns_containment(std::string_view name, std::string_view base) {
  const bool wildcard = name.starts_with("*.");
  const auto host = host_name(name.substr(wildcard ? 2 : 0));
  if (!host) return Containment::kUnclear;
  if (base.empty()) return Containment::kInside;
  const auto domain = parse_domain(base);
  if (!domain) return Containment::kUnclear;
  if (!wildcard)
    return inside_if(domain->below_only ? is_below(*host, domain->host)
                                        : is_at_or_below(*host, domain->host));
  if (is_at_or_below(*host, domain->host)) return Containment::kInside;
  // "*.example.org" stands for names that may lie at or below "host.example.org".
  return is_below(domain->host, *host) ? Containment::kUnclear : Containment::kOutside;
}

// Hosts and URIs: a host without a dot before it is that one alone.
Containment host_containment(std::string_view host, std::string_view base) {
  if (base.empty()) return Containment::kInside;
  const auto domain = parse_domain(base);
  if (!domain) return Containment::kUnclear;
  return inside_if(domain->below_only ? is_below(host, domain->host)
                                      : equal_ignoring_case(host, domain->host));
}

// Mail servers tell local parts apart by case or do not, and account maps do not: one that differs in case
// alone, or is spelled in one of several ways, is neither surely this mailbox nor surely another.
Containment local_part_containment(std::string_view local, std::string_view base) {
  if (local == base) return Containment::kInside;
  const bool unclear =
      equal_ignoring_case(local, base) || !is_plain_local_part(local) || !is_plain_local_part(base);
  return unclear ? Containment::kUnclear : Containment::kOutside;
}

Containment mailbox_containment(std::string_view name, std::string_view base) {
  const auto mailbox = parse_mailbox(name);
  if (!mailbox) return Containment::kUnclear;
  if (base.find('@') == std::string_view::npos) return host_containment(mailbox->host, base);
  const auto one = parse_mailbox(base);
  if (!one || one->local == "*") return Containment::kUnclear;
  if (!equal_ignoring_case(mailbox->host, one->host)) return Containment::kOutside;
  return local_part_containment(mailbox->local, one->local);
}

Containment uri_containment(std::string_view name, std::string_view base) {
  const auto host = host_of_uri(name);
  return host ? host_containment(*host, base) : Containment::kUnclear;
}

Containment directory_containment(const GeneralName& name, const GeneralName& base) {
  if (!name.name || !base.name) return Containment::kUnclear;
  if (name_begins_with(*name.name, *base.name)) return Containment::kInside;
  return name_may_begin_with(*name.name, *base.name) ? Containment::kUnclear : Containment::kOutside;
}

// ::ffff:a.b.c.d, RFC 4291 2.5.5.2: the same host as a.b.c.d.
bool is_mapped_ipv4(Bytes address) {
  constexpr std::uint8_t kPrefix[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return address.size() >= kIpv6Size && std::ranges::equal(address.first(sizeof kPrefix), kPrefix);
}

Containment address_containment(Bytes name, Bytes range) {
  if (name.size() != kIpv4Size && name.size() != kIpv6Size) return Containment::kUnclear;
  if (range.size() != 2 * name.size())
    return is_mapped_ipv4(name) || is_mapped_ipv4(range) ? Containment::kUnclear : Containment::kOutside;
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
      return directory_containment(name, subtree.base);
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
