// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/distribution_point.h"

#include "validator/asn1/der_reader.h"
#include "validator/asn1/der_values.h"

#include <algorithm>

namespace jpki::crl {
namespace {

using asn1::context;
using asn1::context_constructed;
using asn1::DerReader;
using x509::GeneralNames;

constexpr std::size_t kMaxNames = 16;  // each costs a look-up, and each of a certificateIssuer an entry

Unexpected<std::string> refuse(const char* what) {
  return Unexpected{std::string(what)};
}

Expected<GeneralNames, std::string> decode_names(Bytes contents) {
  auto names = x509::decode_general_names(contents);
  if (!names || names->size() > kMaxNames) return refuse("GeneralNames: malformed, empty or too many");
  return std::move(*names);
}

// The contents of `distributionPoint [0] DistributionPointName`: a CHOICE. `relative_to` is null when no name
// may be relative.
Expected<GeneralNames, std::string> decode_point_name(Bytes contents, const x509::Name* relative_to) {
  DerReader reader(contents);
  const auto choice = reader.read();
  if (!choice || !reader.at_end()) return refuse("DistributionPointName: malformed");
  if (choice->tag == context_constructed(0)) return decode_names(choice->contents);
  if (choice->tag != context_constructed(1)) return refuse("DistributionPointName: unknown choice");
  if (relative_to == nullptr)
    return refuse("RFC 5280 4.2.1.13: nameRelativeToCRLIssuer with several names in cRLIssuer");
  auto rdn = x509::decode_rdn(choice->contents);
  if (!rdn) return Unexpected{"nameRelativeToCRLIssuer: " + rdn.error()};
  x509::Name name = *relative_to;
  name.rdns.push_back(std::move(*rdn));
  return GeneralNames{{x509::NameForm::kDirectoryName, {}, std::move(name)}};
}

// ReasonFlags under `tag`; all of them when the field is absent. A set without any reason says nothing and is
// refused. Unknown bits stand for reasons nobody asks about.
std::optional<Reasons> read_reasons(DerReader& reader, std::uint8_t tag) {
  if (!reader.next_is(tag)) return kAllReasons;
  const auto element = reader.read();
  const auto bits = element ? asn1::decode_named_bits(element->contents) : std::nullopt;
  const auto reasons = static_cast<Reasons>(bits.value_or(0) & kAllReasons);
  return reasons == 0 ? std::nullopt : std::optional(reasons);
}

// What follows the name.
std::optional<ScopeFlags> read_scope_flags(DerReader& reader) {
  const auto only_user = asn1::read_default_false(reader, context(1));
  const auto only_ca = only_user ? asn1::read_default_false(reader, context(2)) : std::nullopt;
  const auto reasons = only_ca ? read_reasons(reader, context(3)) : std::nullopt;
  const auto indirect = reasons ? asn1::read_default_false(reader, context(4)) : std::nullopt;
  const auto only_attribute = indirect ? asn1::read_default_false(reader, context(5)) : std::nullopt;
  if (!only_attribute || !reader.at_end()) return std::nullopt;
  return ScopeFlags{*only_user, *only_ca, *reasons, *indirect, *only_attribute};
}

// cRLIssuer [2] GeneralNames. A CRL's issuer is a directoryName; other names cannot match any.
Expected<std::optional<std::vector<x509::Name>>, std::string> read_crl_issuer(DerReader& reader) {
  std::optional<std::vector<x509::Name>> issuer;
  if (!reader.next_is(context_constructed(2))) return issuer;
  const auto field = reader.read();
  if (!field) return refuse("cRLIssuer: malformed");
  auto names = decode_directory_names(field->contents);
  if (!names) return Unexpected{"cRLIssuer: " + names.error()};
  issuer = std::move(*names);
  return issuer;
}

bool contains_all(const GeneralNames& all, const GeneralNames& some) {
  return std::ranges::all_of(some, [&](const auto& name) { return x509::contains(all, name); });
}

}  // namespace

Expected<std::vector<x509::Name>, std::string> decode_directory_names(Bytes contents) {
  auto names = decode_names(contents);
  if (!names) return Unexpected{names.error()};
  std::vector<x509::Name> out;
  for (auto& name : *names)
    if (name.name) out.push_back(std::move(*name.name));
  return out;
}

bool names_overlap(const GeneralNames& a, const GeneralNames& b) {
  return std::ranges::any_of(a, [&](const auto& name) { return x509::contains(b, name); });
}

Expected<DistributionPoint, std::string> decode_distribution_point(Bytes der,
                                                                   const x509::Name& certificate_issuer) {
  const auto contents = asn1::read_only(der, asn1::kSequence);
  if (!contents) return refuse("DistributionPoint: malformed");
  DerReader reader(*contents);
  std::optional<Bytes> name;
  if (reader.next_is(context_constructed(0))) {
    const auto field = reader.read();
    if (!field) return refuse("distributionPoint: malformed");
    name = field->contents;
  }
  const auto reasons = read_reasons(reader, context(1));
  if (!reasons) return refuse("DistributionPoint: reasons: malformed or empty");
  auto crl_issuer = read_crl_issuer(reader);
  if (!crl_issuer) return Unexpected{crl_issuer.error()};
  if (!reader.at_end()) return refuse("DistributionPoint: malformed");
  if (!name && !*crl_issuer) return refuse("RFC 5280 4.2.1.13: a DistributionPoint of reasons alone");
  DistributionPoint point{{}, *reasons, std::move(*crl_issuer)};
  if (!name) return point;
  const x509::Name* relative_to = &certificate_issuer;
  if (point.crl_issuer) relative_to = point.crl_issuer->size() == 1 ? &point.crl_issuer->front() : nullptr;
  auto decoded = decode_point_name(*name, relative_to);
  if (!decoded) return Unexpected{decoded.error()};
  point.name = std::move(*decoded);
  return point;
}

Expected<IssuingDistributionPoint, std::string> decode_issuing_distribution_point(
    Bytes der, const x509::Name& crl_issuer) {
  const auto contents = asn1::read_only(der, asn1::kSequence);
  if (!contents) return refuse("issuingDistributionPoint: malformed");
  DerReader reader(*contents);
  IssuingDistributionPoint point;
  if (reader.next_is(context_constructed(0))) {
    const auto field = reader.read();
    if (!field) return refuse("distributionPoint: malformed");
    auto name = decode_point_name(field->contents, &crl_issuer);
    if (!name) return Unexpected{name.error()};
    point.name = std::move(*name);
  }
  const auto flags = read_scope_flags(reader);
  if (!flags) return refuse("issuingDistributionPoint: malformed");
  point.flags = *flags;
  return point;
}

Expected<ScopeFlags, std::string> decode_scope_flags(Bytes der) {
  const auto contents = asn1::read_only(der, asn1::kSequence);
  if (!contents) return refuse("issuingDistributionPoint: malformed");
  DerReader reader(*contents);
  if (reader.next_is(context_constructed(0)) && !reader.read()) return refuse("distributionPoint: malformed");
  const auto flags = read_scope_flags(reader);
  if (!flags) return refuse("issuingDistributionPoint: malformed");
  return *flags;
}

bool same_scope(const IssuingDistributionPoint& a, const IssuingDistributionPoint& b) {
  if (a.flags != b.flags || a.name.has_value() != b.name.has_value()) return false;
  return !a.name || (contains_all(*a.name, *b.name) && contains_all(*b.name, *a.name));
}

}  // namespace jpki::crl
