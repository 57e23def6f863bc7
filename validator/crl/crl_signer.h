// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CrlSigners: who signed a CRL, and may they? RFC 5280 6.3.3(f) and (g), for all CRLs of one question.
#pragma once

#include "validator/crl/crl_check.h"

#include <functional>
#include <map>
#include <set>

namespace jpki::crl {

struct Signature {
  enum class Kind {
    kGood,
    kUnusable,    // it may have been meant for us: `clause` says what is wrong
    kSomeoneElse  // by another key of the issuer's name
  };
  Kind kind = Kind::kSomeoneElse;
  std::string clause;
  Bytes key;  // the subjectPublicKeyInfo that verified it, though the signer may be unusable; empty: none
};

class CrlSigners {
 public:
  // What the CRLs say about a signer's certificate (or one on its path), given the chain above it.
  using StatusCheck =
      std::function<Finding(const x509::Certificate&, std::span<const x509::Certificate* const>)>;

  // `subject` is the certificate of the question and `chain` its path: their status is the caller's business.
  // All arguments must outlive this.
  CrlSigners(const x509::Certificate& subject, std::span<const x509::Certificate* const> chain,
             const CrlContext& context, StatusCheck status_check);

  // `chain` is that of the certificate the CRL is asked about: the subject of the question or a CRL signer.
  Signature judge(const CrlView& crl, const x509::Name& issuer,
                  std::span<const x509::Certificate* const> chain);

 private:
  // A signer beside the chain, its path once it was built, and its status once that was asked for.
  struct Outsider {
    std::optional<Expected<path::VerifiedCertificate, path::PathError>> path;
    std::optional<Expected<Unit, std::string>> status;
  };

  std::vector<const x509::Certificate*> candidates(const CrlHeader& crl, const x509::Name& issuer,
                                                   std::span<const x509::Certificate* const> chain) const;
  bool is_anchor(const x509::Certificate& certificate) const;
  Signature judge_insider(const CrlView& crl, const x509::Certificate& signer);
  Signature judge_outsider(const CrlView& crl, const x509::Certificate& signer);
  Signature verify(const CrlView& crl, const x509::Certificate& signer);
  const Expected<path::VerifiedCertificate, path::PathError>& path_of(const x509::Certificate& signer);
  Expected<Unit, std::string> status_of(const x509::Certificate& signer);
  Expected<Unit, std::string> ask_status(const path::VerifiedCertificate& path);
  bool asked_about(const x509::Certificate& certificate) const;

  const x509::Certificate& subject_;
  std::span<const x509::Certificate* const> chain_;
  const CrlContext& context_;
  StatusCheck status_check_;
  trust::TrustStore anchors_;  // of path_of()
  std::map<const x509::Certificate*, Outsider> outsiders_;
  using Verification = std::optional<Expected<Unit, x509::SignatureError>>;
  std::map<std::pair<const CrlView*, const x509::Certificate*>, Verification> verified_;
  std::set<const x509::Certificate*> in_progress_;
  bool circular_ = false;  // an answer since in_progress_ was empty depends on one still to come
  unsigned questions_ = 0;
};

}  // namespace jpki::crl
