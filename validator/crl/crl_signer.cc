// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/crl_signer.h"

#include "validator/crl/distribution_point.h"
#include "validator/x509/public_key.h"

#include <algorithm>

namespace jpki::crl {
namespace {

using x509::Certificate;
using Kind = Signature::Kind;

// Keys of one name that are tried for one CRL: each costs a hash of the whole CRL.
constexpr std::size_t kMaxCandidates = 16;
// Questions about the status of signers that are asked for one certificate.
constexpr unsigned kMaxQuestions = 64;

constexpr char kNoCrlSign[] = "RFC 5280 6.3.3(f): the CRL signer's keyUsage has no cRLSign";

bool may_sign_crls(const Certificate& certificate) {
  const auto usage = certificate.key_usage();
  return !usage || (*usage & x509::kCrlSign) != 0;
}

bool same_key(const Certificate& a, const Certificate& b) {
  return x509::same_public_key(a.subject_public_key_info(), b.subject_public_key_info());
}

// The anchors that CRL signers see: that of the context, without what it asks of the policies of other
// certificates, and the others of its store, at which no signer's path ends.
trust::TrustStore signers_store(const CrlContext& context) {
  trust::TrustStore store;
  const auto add = [&](const trust::Anchor& anchor, std::vector<trust::Function> functions) {
    auto certificate = Certificate::decode(anchor.certificate.der());
    if (!certificate) return;
    store.push_back({anchor.name, std::move(*certificate), anchor.kinds, anchor.accept_from,
                     anchor.accept_until, std::move(functions)});
    store.back().constraints.path_length = anchor.constraints.path_length;
  };
  const trust::Anchor& own = *context.anchor;
  add(own, {trust::Function::kRevocationData});
  for (const trust::Anchor& other : context.anchors)
    if (&other != &own && trust::store_of(other.functions.front()) == trust::store_of(own.functions.front()))
      add(other, {trust::Function::kLogin});
  return store;
}

// Does a distribution point of its own name it as the cRLIssuer? Then its issuer has said that the CRLs that
// it signs tell its own status too.
bool tells_its_own_status(const Certificate& signer) {
  return std::ranges::any_of(signer.crl_distribution_points(), [&](Bytes der) {
    const auto point = decode_distribution_point(der, signer.issuer());
    return point && point->crl_issuer && std::ranges::any_of(*point->crl_issuer, [&](const x509::Name& name) {
             return names_equal(name, signer.subject());
           });
  });
}

// The key identifiers agree (0), are not there (1), differ (2). Differing ones exclude nothing.
int identifier_rank(const CrlHeader& crl, const Certificate& signer) {
  const auto identifier = signer.subject_key_identifier();
  if (!crl.authority_key_identifier || !identifier) return 1;
  return std::ranges::equal(*crl.authority_key_identifier, *identifier) ? 0 : 2;
}

}  // namespace

CrlSigners::CrlSigners(const Certificate& subject, std::span<const Certificate* const> chain,
                       const CrlContext& context, StatusCheck status_check)
    : subject_(subject),
      chain_(chain),
      context_(context),
      status_check_(std::move(status_check)),
      anchors_(signers_store(context)) {}

Signature CrlSigners::judge(const CrlView& crl, const x509::Name& issuer,
                            std::span<const Certificate* const> chain) {
  if (!context_.anchor->serves(trust::Function::kRevocationData) &&
      !context_.anchor->serves(trust::Function::kCvsSigner))
    return {Kind::kUnusable,
            "RFC 5280 6.3.3(f): anchor " + context_.anchor->name +
                " is not trusted for revocation-data; see its functions in anchors.d",
            {}};
  const auto signers = candidates(crl.header(), issuer, chain);
  if (signers.empty())
    return {Kind::kUnusable,
            "RFC 5280 6.3.3(f): no certificate of the CRL's issuer at hand; add it to the intermediates",
            {}};
  Signature result;
  for (const Certificate* signer : signers) {
    const bool insider = std::ranges::find(chain, signer) != chain.end();
    Signature signature = insider ? judge_insider(crl, *signer) : judge_outsider(crl, *signer);
    if (signature.kind == Kind::kGood) return signature;
    if (result.kind == Kind::kSomeoneElse || (result.key.empty() && !signature.key.empty()))
      result = std::move(signature);
  }
  return result;
}

// Certificates of the CRL issuer's name: those of the chain, then those of the pool with other keys that
// are no anchor's; those with the CRL's authorityKeyIdentifier first.
std::vector<const Certificate*> CrlSigners::candidates(const CrlHeader& crl, const x509::Name& issuer,
                                                       std::span<const Certificate* const> chain) const {
  std::vector<const Certificate*> found;
  for (const Certificate* certificate : chain)
    if (names_equal(certificate->subject(), issuer)) found.push_back(certificate);
  const std::size_t insiders = found.size();
  for (const Certificate& certificate : context_.pool) {
    const auto known = [&](const Certificate* other) { return same_key(certificate, *other); };
    if (names_equal(certificate.subject(), issuer) && !is_anchor(certificate) &&
        std::none_of(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(insiders), known))
      found.push_back(&certificate);
  }
  std::ranges::stable_sort(found, {},
                           [&](const Certificate* signer) { return identifier_rank(crl, *signer); });
  if (found.size() > kMaxCandidates) found.resize(kMaxCandidates);
  return found;
}

bool CrlSigners::is_anchor(const Certificate& certificate) const {
  return std::ranges::any_of(anchors_, [&](const trust::Anchor& anchor) {
    return same_key(certificate, anchor.certificate) &&
           names_equal(certificate.subject(), anchor.certificate.subject());
  });
}

Signature CrlSigners::judge_insider(const CrlView& crl, const Certificate& signer) {
  Signature signature = verify(crl, signer);
  if (signature.kind == Kind::kGood && !may_sign_crls(signer))
    return {Kind::kUnusable, kNoCrlSign, signature.key};
  return signature;
}

// Its path first: no CRL is hashed for a key that has no way to the anchor.
Signature CrlSigners::judge_outsider(const CrlView& crl, const Certificate& signer) {
  const auto& path = path_of(signer);
  if (!path && path.error().verdict == Verdict::kCertificateUntrusted) return {};
  Signature signature = verify(crl, signer);
  if (signature.kind != Kind::kGood) return signature;
  const auto unusable = [&](std::string clause) {
    return Signature{Kind::kUnusable, std::move(clause), signature.key};
  };
  if (!path) return unusable("RFC 5280 6.3.3(f): the CRL signer: " + path.error().clause);
  if (!may_sign_crls(signer)) return unusable(kNoCrlSign);
  if (const auto status = status_of(signer); !status) return unusable(status.error());
  return signature;
}

Signature CrlSigners::verify(const CrlView& crl, const Certificate& signer) {
  auto& verified = verified_[{&crl, &signer}];
  if (!verified) verified = crl.verify(signer.subject_public_key_info(), context_.policy.algorithms);
  if (*verified) return {Kind::kGood, {}, signer.subject_public_key_info()};
  if (identifier_rank(crl.header(), signer) == 2) return {};
  switch (verified->error()) {
    case x509::SignatureError::kWeak:
      return {Kind::kUnusable, "RFC 5280 6.3.3(g): the CRL's signature algorithm or key is too weak", {}};
    case x509::SignatureError::kUnsupported:
      return {Kind::kUnusable, "RFC 5280 6.3.3(g): the CRL's signature algorithm is not supported", {}};
    case x509::SignatureError::kInvalid:
      break;
  }
  return {Kind::kUnusable, "RFC 5280 6.3.3(g): the CRL is not signed by its issuer", {}};
}

const Expected<path::VerifiedCertificate, path::PathError>& CrlSigners::path_of(const Certificate& signer) {
  auto& path = outsiders_[&signer].path;
  if (!path) {
    path::PathPolicy policy;
    policy.function = trust::Function::kRevocationData;
    policy.algorithms = context_.policy.algorithms;
    path = validate_path(signer, context_.pool, anchors_, policy, context_.now);
  }
  return *path;
}

// Is the signer, and everything between it and the anchor, known to be good? An answer that went in a circle
// is not kept: asked from elsewhere it may be another one.
Expected<Unit, std::string> CrlSigners::status_of(const Certificate& signer) {
  Outsider& outsider = outsiders_[&signer];
  if (outsider.status) return *outsider.status;
  const bool subject = std::ranges::equal(signer.der(), subject_.der());
  if (!subject && asked_about(signer)) return Unit{};
  if (subject || in_progress_.contains(&signer)) {
    circular_ = true;
    if (tells_its_own_status(signer)) return Unit{};
    return Unexpected{
        std::string("RFC 5280 6.3.3(f): only CRLs that it signed give the CRL signer's status")};
  }
  if (++questions_ > kMaxQuestions)
    return Unexpected{std::string("RFC 5280 6.3.3(f): too many CRL signers whose status is to be asked")};
  in_progress_.insert(&signer);
  auto status = ask_status(*path_of(signer));
  in_progress_.erase(&signer);
  if (!circular_ || in_progress_.empty()) {
    circular_ = false;
    outsiders_[&signer].status = status;
  }
  return status;
}

Expected<Unit, std::string> CrlSigners::ask_status(const path::VerifiedCertificate& path) {
  const Certificate* certificate = &path.leaf();
  for (std::size_t i = 0; i < path.chain().size(); ++i) {
    if (!asked_about(*certificate)) {
      const Finding finding = status_check_(*certificate, path.chain().subspan(i));
      if (finding.standing != Standing::kGood)
        return Unexpected{"RFC 5280 6.3.3(f): the CRL signer's own status: " + finding.clause};
    }
    certificate = path.chain()[i];
  }
  return Unit{};
}

// Is it on the path of the question?
bool CrlSigners::asked_about(const Certificate& certificate) const {
  const auto same = [&](const Certificate* other) {
    return std::ranges::equal(certificate.der(), other->der());
  };
  return same(&subject_) || std::ranges::any_of(chain_, same);
}

}  // namespace jpki::crl
