// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/crl_index_key.h"

#include "validator/crl/checksum.h"
#include "validator/crl/distribution_point.h"

#include <algorithm>

namespace jpki::crl {
namespace {

void append_counted(std::string& out, std::string_view part) {
  out += std::to_string(part.size());
  out += ':';
  out += part;
}

// The same text for all names that names_equal() calls equal, and for no others.
std::string canonical(const x509::Name& name) {
  std::string out;
  for (const auto& rdn : name.rdns) {
    std::vector<std::string> attributes;
    for (const auto& attribute : rdn) {
      append_counted(attributes.emplace_back(), attribute.type);
      append_counted(attributes.back(), attribute.normalized);
    }
    std::ranges::sort(attributes);
    std::string set;
    for (const auto& attribute : attributes) append_counted(set, attribute);
    append_counted(out, set);
  }
  return out;
}

// Every name of a distribution point, in no order.
std::vector<std::string> scopes_of(const x509::GeneralNames& names) {
  std::vector<std::string> scopes;
  for (const auto& name : names)
    scopes.push_back(name.name ? "d" + canonical(*name.name)
                               : static_cast<char>('0' + static_cast<int>(name.form)) +
                                     std::string(as_text(name.value)));
  return scopes;
}

LookupKey key_of(const std::string& issuer, const std::string& scope) {
  std::string text;
  append_counted(text, issuer);
  append_counted(text, scope);
  return checksum(as_bytes(text));
}

std::vector<LookupKey> sorted(std::vector<LookupKey> keys) {
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

// The keys of CRLs by `issuer` for a distribution point.
void add_keys(std::vector<LookupKey>& keys, const std::string& issuer, const DistributionPoint& point) {
  keys.push_back(key_of(issuer, ""));
  if (point.name)
    for (const auto& scope : scopes_of(*point.name)) keys.push_back(key_of(issuer, scope));
  if (point.crl_issuer)
    for (const auto& name : *point.crl_issuer) keys.push_back(key_of(issuer, "d" + canonical(name)));
}

struct Scope {
  std::string issuer;
  std::optional<IssuingDistributionPoint> point;
};

Expected<Scope, std::string> scope_of(const CrlHeader& header) {
  const auto issuer = x509::decode_name(header.issuer_der);
  if (!issuer) return Unexpected{"issuer: " + issuer.error()};
  Scope scope{canonical(*issuer), std::nullopt};
  if (header.issuing_distribution_point) {
    auto point = decode_issuing_distribution_point(*header.issuing_distribution_point, *issuer);
    if (!point) return Unexpected{point.error()};
    scope.point = std::move(*point);
  }
  return scope;
}

}  // namespace

Expected<std::vector<LookupKey>, std::string> lookup_keys(const CrlHeader& header) {
  const auto scope = scope_of(header);
  if (!scope) return Unexpected{scope.error()};
  std::vector<LookupKey> keys;
  if (scope->point && scope->point->name)
    for (const auto& name : scopes_of(*scope->point->name)) keys.push_back(key_of(scope->issuer, name));
  else
    keys.push_back(key_of(scope->issuer, ""));
  return sorted(std::move(keys));
}

std::vector<LookupKey> lookup_keys(const x509::Certificate& certificate) {
  const std::string issuer = canonical(certificate.issuer());
  std::vector<LookupKey> keys = {key_of(issuer, ""), key_of(issuer, "d" + issuer)};
  for (const Bytes der : certificate.crl_distribution_points()) {
    const auto point = decode_distribution_point(der, certificate.issuer());
    if (!point) continue;
    add_keys(keys, issuer, *point);
    if (!point->crl_issuer) continue;
    for (const auto& name : *point->crl_issuer) add_keys(keys, canonical(name), *point);
  }
  return sorted(std::move(keys));
}

x509::Sha256 name_digest(const x509::Name& name) {
  return x509::sha256(as_bytes(canonical(name)));
}

Expected<x509::Sha256, std::string> series_of(const CrlHeader& header, const x509::Sha256& signer_key) {
  const auto scope = scope_of(header);
  if (!scope) return Unexpected{scope.error()};
  std::string text(as_text(signer_key));
  text += header.base_crl_number ? 'd' : 'c';
  append_counted(text, scope->issuer);
  if (scope->point) {
    const ScopeFlags& flags = scope->point->flags;
    text += flags.only_user_certificates ? 'u' : '-';
    text += flags.only_ca_certificates ? 'a' : '-';
    text += flags.only_attribute_certificates ? 't' : '-';
    text += flags.indirect ? 'i' : '-';
    append_counted(text, std::to_string(flags.reasons));
    if (scope->point->name) {
      auto names = scopes_of(*scope->point->name);
      std::ranges::sort(names);
      for (const auto& name : names) append_counted(text, name);
    }
  }
  return x509::sha256(as_bytes(text));
}

}  // namespace jpki::crl
