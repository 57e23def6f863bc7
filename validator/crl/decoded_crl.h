// SPDX-License-Identifier: LGPL-2.1-or-later
//
// DecodedCrl: a CrlView that walks the CRL's DER anew for every question: constant memory, time linear in the
// CRL. For many questions or many entries there is the compiled index.
#pragma once

#include "validator/crl/crl.h"

namespace jpki::crl {

class DecodedCrl final : public CrlView {
 public:
  explicit DecodedCrl(Crl crl) : crl_(std::move(crl)) {}
  // `der` must outlive the result.
  static Expected<DecodedCrl, std::string> decode(Bytes der);

  const Crl& crl() const { return crl_; }

  const CrlHeader& header() const override { return crl_.header; }
  Expected<Unit, x509::SignatureError> verify(Bytes subject_public_key_info,
                                              const x509::AlgorithmPolicy& policy) const override;
  Expected<std::optional<Reason>, std::string> find(Bytes serial, const x509::Name& issuer) const override;

 private:
  Crl crl_;
};

}  // namespace jpki::crl
