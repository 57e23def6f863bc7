// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/fuzz/targets.h"
#include "validator/map/mapping_strings.h"
#include "validator/path/path.h"
#include "validator/x509/certificate.h"
#include "validator/x509/kind.h"
#include "validator/x509/name_syntax.h"
#include "validator/x509/signature.h"

#include <chrono>
#include <cstdlib>

namespace jpki::fuzz {
namespace {

constexpr Time kNow{std::chrono::seconds(1795305600)};  // 2026-11-22

// Reads the views, so that a sanitizer sees one that points nowhere.
std::size_t touch(Bytes bytes) {
  std::size_t sum = 0;
  for (const std::uint8_t byte : bytes) sum += byte;
  return sum;
}

// Length-prefixed (two octets, big endian) pieces.
std::vector<Bytes> pieces_of(Bytes input, std::size_t most) {
  std::vector<Bytes> pieces;
  while (input.size() >= 2 && pieces.size() < most) {
    const std::size_t size = std::min<std::size_t>(input[0] * 256u + input[1], input.size() - 2);
    pieces.push_back(input.subspan(2, size));
    input = input.subspan(2 + size);
  }
  return pieces;
}

}  // namespace

void certificate(Bytes input) {
  const auto decoded = x509::Certificate::decode(input);
  if (!decoded) return;
  std::size_t sum = 0;
  for (const Bytes view :
       {decoded->der(), decoded->tbs(), decoded->serial(), decoded->issuer_der(), decoded->subject_der(),
        decoded->subject_public_key_info(), decoded->signature(), decoded->signature_parameters()})
    sum += touch(view);
  for (const auto& point : decoded->crl_distribution_points()) sum += touch(point);
  sum += x509::to_ad_string(decoded->issuer()).size() + x509::to_ad_string(decoded->subject()).size();
  sum += decoded->ocsp_uris().size() + (decoded->self_issued() ? 1 : 0);
  for (const std::string& mapping : map::strong_mapping_strings(*decoded))
    if (!mapping::canonical_mapping(mapping)) std::abort();  // what we write ourselves, we can read
  if (!x509::names_equal(decoded->subject(), decoded->subject())) std::abort();
  const auto again = x509::Certificate::decode(decoded->der());
  if (!again || sum == 0) std::abort();
  (void)x509::verify_signature(decoded->tbs(), decoded->signature(), decoded->signature_algorithm(),
                               decoded->signature_parameters(), decoded->subject_public_key_info(), {});
}

// Two pieces: a GeneralName, and the value of nameConstraints.
void names(Bytes input) {
  const auto pieces = pieces_of(input, 2);
  if (pieces.size() < 2) return;
  const auto element = asn1::DerReader(pieces[0]).read();
  const auto name = element ? x509::decode_general_name(*element) : std::nullopt;
  if (!name) return;
  if (const auto mailbox = x509::utf8_mailbox(*name)) (void)touch(*mailbox);
  const std::string_view text = as_text(name->value);
  if (const auto mailbox = x509::parse_mailbox(text))
    if (!x509::host_name(mailbox->host) || mailbox->local.empty()) std::abort();
  if (const auto host = x509::host_of_uri(text))
    if (host->empty() || text.find(*host) == std::string_view::npos) std::abort();
  const auto constraints = x509::decode_name_constraints(pieces[1]);
  if (!constraints) return;
  for (const auto* list : {&constraints->permitted, &constraints->excluded})
    for (const auto& subtree : *list)
      if (subtree.base.form == name->form) (void)x509::containment(*name, subtree);
}

void extensions(Bytes input) {
  const auto list = x509::decode_extensions(input);
  const auto decoded =
      list ? x509::decode_certificate_extensions(*list) : Unexpected{std::string(list.error())};
  if (!decoded) return;
  for (const auto& name : decoded->subject_alt_names) (void)touch(name.value);
  for (const Bytes point : decoded->crl_distribution_points) (void)touch(point);
}

void path(Bytes input) {
  if (input.empty()) return;
  const std::uint8_t flags = input[0];
  std::vector<x509::Certificate> pool;
  for (const Bytes piece : pieces_of(input.subspan(1), 24))
    if (auto decoded = x509::Certificate::decode(piece)) pool.push_back(std::move(*decoded));
  if (pool.size() < 2) return;
  trust::TrustStore anchors;
  anchors.push_back({.name = "anchor",
                     .certificate = std::move(pool.back()),
                     .kinds = {x509::Kind::kJpkiAuthentication},
                     .accept_from = {},
                     .accept_until = {}});
  pool.pop_back();
  const x509::Certificate leaf = std::move(pool.front());
  pool.erase(pool.begin());
  path::PathPolicy policy;
  policy.explicit_policy = (flags & 1) != 0;
  policy.inhibit_mapping = (flags & 2) != 0;
  policy.inhibit_any = (flags & 4) != 0;
  policy.algorithms.allow_sha1 = (flags & 8) != 0;
  if ((flags & 16) != 0) policy.initial_policies = {"2.16.840.1.101.3.2.1.48.1"};
  const auto verified = jpki::path::validate_path(leaf, pool, anchors, policy, kNow);
  if (!verified && verified.error().tried.size() > jpki::path::kMaxTriedPaths) std::abort();
}

}  // namespace jpki::fuzz
