// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the suites of validator/path share: one validation as a value that a test changes, authorities, and
// the extensions that constrain paths.
#pragma once

#include "tests/unit/validator/pki_fixture.h"

#include <functional>
#include <utility>

namespace jpki::test {

// What one validation is about; each test changes something.
struct Case {
  Blob leaf = person().sign(key("root"));
  std::vector<Blob> pool;
  trust::TrustStore anchors = store_of(root());
  path::PathPolicy policy = jpki_policy();
  Time now = kNow;
  path::Accept accept;

  // The verdict, and where the chain ended.
  Verdict verdict(std::string* detail = nullptr, std::size_t* length = nullptr,
                  std::vector<path::TriedPath>* tried = nullptr) const {
    const x509::Certificate certificate = decoded(leaf);
    std::vector<x509::Certificate> certificates;
    for (const Blob& bytes : pool) certificates.push_back(decoded(bytes));
    const auto path = validate_path(certificate, certificates, anchors, policy, now, accept);
    if (detail != nullptr) *detail = path ? path->anchor().name : path.error().clause;
    if (length != nullptr && path) *length = path->chain().size();
    if (tried != nullptr && !path) *tried = path.error().tried;
    return path ? Verdict::kAccepted : path.error().verdict;
  }
};

inline void expect(const Case& c, Verdict expected, const std::string& detail = "") {
  std::string actual;
  const Verdict verdict = c.verdict(&actual);
  expect_verdict(verdict, expected, actual);
  expect_contains(actual, detail);
}

inline Blob unit_name(std::string_view unit) {
  return pki::distinguished_name(
      {pki::country("JP"), pki::organization("LGPKI-TEST"), pki::organizational_unit(unit)});
}

using Change = std::function<void(pki::CertificateBuilder&)>;

// root → unit A's authority → person.
inline Case through_intermediate(const Change& change) {
  Case c;
  auto ca = authority(authority_name(), unit_name("A"), "intermediate");
  change(ca);
  c.pool.push_back(ca.sign(key("root")));
  c.leaf = person(unit_name("A"), "intermediate").sign(key("intermediate"));
  return c;
}

inline pki::Extension name_constraints(const std::vector<Blob>& permitted,
                                       const std::vector<Blob>& excluded = {}) {
  Blob contents;
  for (const auto& [number, bases] : {std::pair{0u, &permitted}, std::pair{1u, &excluded}}) {
    if (bases->empty()) continue;
    std::vector<Blob> subtrees;
    for (const Blob& base : *bases) subtrees.push_back(der::sequence({Bytes(base)}));
    der::append(contents, der::tlv(der::context_constructed(number), subtrees));
  }
  return {pki::oid::kNameConstraints, true, der::tlv(der::kSequence, contents)};
}

inline pki::Extension policy_mappings(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::vector<Blob> mappings;
  for (const auto& [from, to] : pairs)
    mappings.push_back(der::sequence({Bytes(der::oid(from)), Bytes(der::oid(to))}));
  return {"2.5.29.33", true, der::sequence(mappings)};
}

inline pki::Extension policy_constraints(std::optional<std::uint8_t> require_explicit,
                                         std::optional<std::uint8_t> inhibit_mapping = {}) {
  std::vector<Blob> fields;
  if (require_explicit) fields.push_back(der::tlv(der::context(0), Blob{*require_explicit}));
  if (inhibit_mapping) fields.push_back(der::tlv(der::context(1), Blob{*inhibit_mapping}));
  return {"2.5.29.36", true, der::sequence(fields)};
}

inline pki::Extension inhibit_any_policy(std::uint8_t further) {
  return {"2.5.29.54", true, der::integer(further)};
}

// GeneralNames.
inline Blob mailbox(std::string_view text) {
  return der::tlv(der::context(1), as_bytes(text));
}
inline Blob dns(std::string_view text) {
  return der::tlv(der::context(2), as_bytes(text));
}
inline Blob uri(std::string_view text) {
  return der::tlv(der::context(6), as_bytes(text));
}
inline Blob address(const Blob& octets) {
  return der::tlv(der::context(7), octets);
}
inline Blob registered_id(std::string_view dotted) {
  Blob id = der::oid(dotted);
  id.front() = der::context(8);
  return id;
}

}  // namespace jpki::test
