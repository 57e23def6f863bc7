// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/decoded_crl.h"

#include "validator/crl/crl_entries.h"

#include <algorithm>

namespace jpki::crl {

Expected<DecodedCrl, std::string> DecodedCrl::decode(Bytes der) {
  auto crl = decode_crl(der);
  if (!crl) return Unexpected{crl.error()};
  return DecodedCrl(std::move(*crl));
}

Expected<Unit, x509::SignatureError> DecodedCrl::verify(Bytes subject_public_key_info,
                                                        const x509::AlgorithmPolicy& policy) const {
  return verify_signature(crl_.envelope.tbs, crl_.envelope.signature, crl_.envelope.algorithm.oid,
                          crl_.envelope.algorithm.parameters, subject_public_key_info, policy);
}

Expected<std::optional<Reason>, std::string> DecodedCrl::find(Bytes serial, const x509::Name& issuer) const {
  const auto crl_issuer = x509::decode_name(crl_.header.issuer_der);
  if (!crl_issuer) return Unexpected{"issuer: " + crl_issuer.error()};
  bool by_issuer = names_equal(*crl_issuer, issuer);
  std::optional<Reason> found;
  EntryReader reader(crl_);
  for (CrlEntry entry; reader.next(entry);) {
    if (entry.issuer_changed) {
      const auto names = decode_certificate_issuer(entry.certificate_issuer);
      if (!names) return Unexpected{names.error()};
      by_issuer = std::ranges::any_of(*names, [&](const auto& name) { return names_equal(name, issuer); });
    }
    if (!by_issuer || !std::ranges::equal(entry.serial, serial)) continue;
    found = found ? more_severe(*found, entry.reason) : entry.reason;
  }
  if (reader.error()) return Unexpected{*reader.error()};
  return found;
}

}  // namespace jpki::crl
