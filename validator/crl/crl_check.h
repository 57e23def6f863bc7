// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a number of CRLs say about one certificate (RFC 5280 6.3). A pure function of CRLs, certificates,
// rules and time; where the CRLs come from is the caller's business.
#pragma once

#include "validator/crl/crl_policy.h"
#include "validator/crl/crl_view.h"
#include "validator/path/path.h"
#include "validator/trust/trust_store.h"
#include "validator/x509/certificate.h"

#include <span>
#include <string>
#include <vector>

namespace jpki::crl {

// What is known so far, from the least to the most. A finding is only ever replaced by one that says more.
enum class Standing {
  kNotCovered,  // no CRL is meant for this certificate, or those that are leave reasons open
  kBroken,      // there is one, but it cannot be used
  kStale,       // there is one, authentic but too old
  kGood,        // fresh ones that cover every reason do not list it
  kRevoked,
};

struct Finding {
  Standing standing = Standing::kNotCovered;
  std::string clause = "RFC 5280 6.3.3: no CRL covers the certificate";  // no personal data
  // Of the oldest CRL that kGood or kStale rests on, of the one that kRevoked does; a base counts with the
  // time of its delta.
  Time this_update{};
  bool on_hold = false;  // kRevoked for now, said at this_update
  // Of kGood: a hold that was told before this time is lifted. Not this_update where the CRL is updated by a
  // delta that does not list the certificate: 5.2.4 has a hold end there by removeFromCRL.
  Time lifts{};
  bool from_future = false;  // a CRL meant for the certificate, and authentic, is: the clock is slow
};

struct CrlContext {
  // Untrusted certificates, any order: where the certificates of CRL signers and the intermediates of their
  // paths are looked for. The intermediates of the subject's own path should be among them.
  std::span<const x509::Certificate> pool;
  // The whole trust store. A certificate of the pool that has the name and key of one of its anchors signs no
  // CRL and is on no signer's path: the link certificate of a retired generation does not revive its CRLs.
  std::span<const trust::Anchor> anchors;
  // Where the subject's path ends; every CRL signer's path must end there too (6.3.3(f)), under the function
  // revocation-data: an anchor without it has no CRLs that count, one with nothing else still has (R4). One
  // of validation servers (R14) needs none: its CRLs count for its own delegates. What policies the anchor's
  // certificates must carry is not asked of CRL signers.
  const trust::Anchor* anchor;
  CrlPolicy policy = {};
  Time now{};
};

// `chain` is the validated path above `subject`: its issuer's certificate first, the anchor's last. The
// caller asks for every certificate below the anchor.
//
// A CRL counts when it is by the certificate's issuer (name) or by a cRLIssuer that a distribution point of
// the certificate names and indirect; its scope includes the certificate; it carries nothing critical that is
// unknown; it has a nextUpdate and is not from the future, where only what is revoked for good counts; and it
// is signed by a key of the issuer's name that may sign CRLs: that of a certificate of the chain, or of one
// of the pool whose path to the same anchor holds and which is itself known to be good by CRLs that it did
// not sign (or that it did where its own certificate names it as cRLIssuer). CRLs by other keys of that name,
// such as another generation's, are nobody's fault and are not reported.
//
// Each CRL covers the reasons of its scope and of the distribution point (6.3.3(e), (l)); kGood needs all of
// them. A CRL is stale past nextUpdate or past max_age. A delta CRL covers nothing by itself; with a base of
// the same issuer, scope, key and of fitting number it makes that base as fresh as itself.
//
// Revoked by any CRL or delta that counts is final, stale or not: no later CRL and no removeFromCRL takes it
// back. On hold counts while the CRL that says so is fresh, unless removeFromCRL of its delta or a later CRL
// of the same scope and key, which is no delta, says otherwise; one that a delta says also while a base is
// fresh which the delta, were it fresh, would update.
Finding check_crls(const x509::Certificate& subject, std::span<const x509::Certificate* const> chain,
                   std::span<const CrlView* const> crls, const CrlContext& context);

}  // namespace jpki::crl
