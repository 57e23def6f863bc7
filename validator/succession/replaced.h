// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The source "ocsp": a single extension of the OCSP answer about the new certificate says which certificate
// was replaced. No standard has such an extension: its OID is the site's to configure, its value is one DER
// value and nothing behind it,
//
//   INTEGER   the serial number of a certificate of the key that issued the new one, RFC 5280 4.1.2.2; or
//   CertID    RFC 6960 4.1.1, by SHA-1 or SHA-256: also of an older key of a CA with the same name
//
// It counts where the answer counts: about exactly this certificate, good, fresh, and signed by its issuer's
// key or who that key authorised (ocsp/ocsp_check.h). Pure.
#pragma once

#include "validator/ocsp/cert_id.h"
#include "validator/ocsp/ocsp_check.h"
#include "validator/succession/assertion.h"
#include "validator/trust/trust_store.h"

#include <functional>
#include <span>

namespace jpki::succession {

struct Replaced {
  std::optional<ocsp::CertId> id;  // nothing: of the new certificate's issuer
  Bytes serial;                    // contents of the INTEGER; a positive number, at most 20 octets
};
// Nothing: it is neither. The views point into `value`.
std::optional<Replaced> decode_replaced(Bytes value);

// The certificate that was asked about, and what the site knows.
struct Renewed {
  const x509::Certificate& certificate;
  const x509::Certificate& issuer;  // whose key signed it
  x509::Kind kind;
  // Other issuers of such certificates: those of the anchors for logins that vouch for the kind.
  std::span<const x509::Certificate* const> issuers;
  const std::vector<x509::KindRule>& kind_rules;
  x509::AlgorithmPolicy algorithms = {};
  // The DER of the certificate with this serial number of `issuer`, where one was kept; nobody vouches for
  // it.
  std::function<std::optional<Blob>(Bytes serial, const x509::Certificate& issuer)> known;
};

// In force at `now`: a retired generation vouches for nothing, here as well.
std::vector<const x509::Certificate*> issuers_of(const trust::TrustStore& anchors, x509::Kind kind, Time now);

// `carried`: by the answer that decided in this very inquiry; nothing: a CRL did, or an answer that was kept.
// A certificate is named by the strong mapping strings of the one that is known, if that very issuer signed
// it, it is of the same kind and not younger; else by issuer and serial number, where those name one
// certificate. What names none that is known could not tell.
Answer answer_by_ocsp(const std::optional<ocsp::Carried>& carried, const Renewed& renewed);

}  // namespace jpki::succession
