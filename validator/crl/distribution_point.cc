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

constexpr std::size_t kMaxNames = 16;

Unexpected<std::string> refuse(const char* what) {
  return Unexpected{std::string(what)};
}

// GeneralNames, SIZE (1..kMaxNames).
Expected<DistributionPointName, std::string> decode_full_name(Bytes contents) {
  DistributionPointName out;
  for (DerReader reader(contents); !reader.at_end();) {
    const auto element = reader.read();
    if (!element || out.directory_names.size() + out.other_names.size() == kMaxNames)
      return refuse("fullName: malformed or too many names");
    if (element->tag != context_constructed(4)) {
      out.other_names.push_back(element->encoded);
      continue;
    }
    auto name = x509::decode_name(element->contents);
    if (!name) return Unexpected{"directoryName: " + name.error()};
    out.directory_names.push_back(std::move(*name));
  }
  if (out.directory_names.empty() && out.other_names.empty()) return refuse("fullName: empty");
  return out;
}

// The contents of `distributionPoint [0] DistributionPointName`: a CHOICE.
Expected<DistributionPointName, std::string> decode_point_name(Bytes contents, const x509::Name& issuer) {
  DerReader reader(contents);
  const auto choice = reader.read();
  if (!choice || !reader.at_end()) return refuse("DistributionPointName: malformed");
  if (choice->tag == context_constructed(0)) return decode_full_name(choice->contents);
  if (choice->tag != context_constructed(1)) return refuse("DistributionPointName: unknown choice");
  auto rdn = x509::decode_rdn(choice->contents);
  if (!rdn) return Unexpected{"nameRelativeToCRLIssuer: " + rdn.error()};
  x509::Name name = issuer;
  name.rdns.push_back(std::move(*rdn));
  DistributionPointName out;
  out.directory_names.push_back(std::move(name));
  return out;
}

// The optional field [0] that both structures begin with.
Expected<std::optional<DistributionPointName>, std::string> read_point_name(DerReader& reader,
                                                                            const x509::Name& issuer) {
  if (!reader.next_is(context_constructed(0))) return std::optional<DistributionPointName>();
  const auto field = reader.read();
  if (!field) return refuse("distributionPoint: malformed");
  auto name = decode_point_name(field->contents, issuer);
  if (!name) return Unexpected{name.error()};
  return std::optional(std::move(*name));
}

}  // namespace

bool names_overlap(const DistributionPointName& a, const DistributionPointName& b) {
  const auto directory_match = [&](const x509::Name& name) {
    return std::ranges::any_of(b.directory_names,
                               [&](const auto& other) { return names_equal(name, other); });
  };
  const auto other_match = [&](Bytes name) {
    return std::ranges::any_of(b.other_names, [&](Bytes other) { return std::ranges::equal(name, other); });
  };
  return std::ranges::any_of(a.directory_names, directory_match) ||
         std::ranges::any_of(a.other_names, other_match);
}

Expected<DistributionPoint, std::string> decode_distribution_point(Bytes der, const x509::Name& issuer) {
  const auto contents = asn1::read_only(der, asn1::kSequence);
  if (!contents) return refuse("DistributionPoint: malformed");
  DerReader reader(*contents);
  auto name = read_point_name(reader, issuer);
  if (!name) return Unexpected{name.error()};
  DistributionPoint point{std::move(*name), false, false};
  point.some_reasons = reader.read(context(1)).has_value();
  point.other_issuer = reader.read(context_constructed(2)).has_value();
  if (!reader.at_end()) return refuse("DistributionPoint: malformed");
  return point;
}

Expected<IssuingDistributionPoint, std::string> decode_issuing_distribution_point(Bytes der,
                                                                                  const x509::Name& issuer) {
  const auto contents = asn1::read_only(der, asn1::kSequence);
  if (!contents) return refuse("issuingDistributionPoint: malformed");
  DerReader reader(*contents);
  auto name = read_point_name(reader, issuer);
  if (!name) return Unexpected{name.error()};
  const auto only_user = asn1::read_default_false(reader, context(1));
  const auto only_ca = only_user ? asn1::read_default_false(reader, context(2)) : std::nullopt;
  const bool some_reasons = reader.read(context(3)).has_value();
  const auto indirect = only_ca ? asn1::read_default_false(reader, context(4)) : std::nullopt;
  const auto only_attribute = indirect ? asn1::read_default_false(reader, context(5)) : std::nullopt;
  if (!only_attribute || !reader.at_end()) return refuse("issuingDistributionPoint: malformed");
  return IssuingDistributionPoint{std::move(*name), *only_user, *only_ca,
                                  some_reasons,     *indirect,  *only_attribute};
}

}  // namespace jpki::crl
