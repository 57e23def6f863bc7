// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/succession/replaced.h"

#include "validator/asn1/der_reader.h"
#include "validator/asn1/der_values.h"
#include "validator/map/mapping_strings.h"
#include "validator/x509/classify.h"

#include <algorithm>

namespace jpki::succession {
namespace {

using x509::Certificate;

constexpr std::size_t kMaxSerial = 20;  // RFC 5280 4.1.2.2

Answer failed(std::string why) {
  return {Answer::Kind::kFailed, {}, std::move(why)};
}

bool is_serial(Bytes contents) {
  return asn1::is_integer(contents) && contents.size() <= kMaxSerial && (contents[0] & 0x80) == 0 &&
         !(contents.size() == 1 && contents[0] == 0);
}

// Whether `issuer` is the issuer that `id` means.
bool is_named(const ocsp::CertId& id, const Certificate& issuer) {
  for (const auto hash : {ocsp::CertIdHash::kSha1, ocsp::CertIdHash::kSha256}) {
    const Blob name = ocsp::digest(hash, issuer.subject_der());
    const Blob key = ocsp::digest(hash, ocsp::public_key_bits(issuer));
    if (!name.empty() && ocsp::hash_of(id) == hash && std::ranges::equal(id.issuer_name_hash, name) &&
        std::ranges::equal(id.issuer_key_hash, key))
      return true;
  }
  return false;
}

// Nothing: none of this site's.
const Certificate* issuer_of_replaced(const Replaced& replaced, const Renewed& renewed) {
  if (!replaced.id || is_named(*replaced.id, renewed.issuer)) return &renewed.issuer;
  const auto found = std::ranges::find_if(renewed.issuers, [&](const Certificate* issuer) {
    return names_equal(issuer->subject(), renewed.issuer.subject()) && is_named(*replaced.id, *issuer);
  });
  return found == renewed.issuers.end() ? nullptr : *found;
}

bool is_it(const Certificate& certificate, const Replaced& replaced, const Certificate& issuer,
           const Renewed& renewed) {
  return std::ranges::equal(certificate.serial(), replaced.serial) &&
         (!replaced.id || ocsp::identifies(*replaced.id, certificate, issuer)) &&
         names_equal(certificate.issuer(), issuer.subject()) &&
         certificate.not_before() <= renewed.certificate.not_before() &&
         x509::classify(certificate, renewed.kind_rules) == renewed.kind &&
         verify_signature(certificate.tbs(), certificate.signature(), certificate.signature_algorithm(),
                          certificate.signature_parameters(), issuer.subject_public_key_info(),
                          renewed.algorithms)
             .has_value();
}

std::vector<std::string> names_of_replaced(const Replaced& replaced, const Certificate& issuer,
                                           const Renewed& renewed) {
  const auto kept = renewed.known(replaced.serial, issuer);
  const auto known = kept ? Certificate::decode(*kept) : Unexpected{std::string()};
  std::vector<std::string> names;
  if (known && is_it(*known, replaced, issuer, renewed)) {
    names = names_of(*known, renewed.kind);
    std::erase_if(names, [](const std::string& name) { return name.starts_with(kSha256Prefix); });
  } else if (const auto name =
                 canonical_name(map::issuer_serial_string(issuer.subject(), replaced.serial), false);
             name && map::names_one_certificate(*name, renewed.kind)) {
    names.push_back(*name);
  }
  return names;
}

}  // namespace

std::optional<Replaced> decode_replaced(Bytes value) {
  if (const auto serial = asn1::read_only(value, asn1::kInteger))
    return is_serial(*serial) ? std::optional(Replaced{std::nullopt, *serial}) : std::nullopt;
  auto id = ocsp::decode_cert_id(value);
  if (!id || !is_serial(id->serial) || !ocsp::hash_of(*id)) return std::nullopt;
  const Bytes serial = id->serial;
  return Replaced{std::move(*id), serial};
}

std::vector<const Certificate*> issuers_of(const trust::TrustStore& anchors, x509::Kind kind, Time now) {
  std::vector<const Certificate*> issuers;
  for (const trust::Anchor& anchor : anchors)
    if (anchor.serves(trust::Function::kLogin) && anchor.vouches_for(kind) && anchor.accepted_at(now))
      issuers.push_back(&anchor.certificate);
  return issuers;
}

Answer answer_by_ocsp(const std::optional<ocsp::Carried>& carried, const Renewed& renewed) {
  if (!carried) return failed("no OCSP answer that was given just now decided about the certificate");
  if (!carried->one_statement) return failed("the answer has several statements about the certificate");
  if (!carried->value) return {};
  const auto replaced = decode_replaced(*carried->value);
  if (!replaced) return failed("the value of the extension is neither a serial number nor a CertID");
  const Certificate* const issuer = issuer_of_replaced(*replaced, renewed);
  if (issuer == nullptr)
    return failed(
        "the replaced certificate is of an issuer that is not the new one's, in anchors.d or by name");
  if (issuer == &renewed.issuer && std::ranges::equal(replaced->serial, renewed.certificate.serial()))
    return failed("the certificate is said to replace itself");
  auto names = names_of_replaced(*replaced, *issuer, renewed);
  if (names.empty())
    return failed(
        "the replaced certificate has not logged in to this computer, and issuer and serial number do not "
        "name it");
  return {Answer::Kind::kOld, std::move(names), {}};
}

}  // namespace jpki::succession
