// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ocsp/faults.h"

namespace jpki::testocsp {

namespace der = testpki::der;
using std::chrono::minutes;
using std::chrono::seconds;
using testpki::Digest;

namespace {

constexpr std::chrono::hours kDay{24};
constexpr std::uint8_t kHold = 6;

Blob revoked_yesterday(const Draft& draft, std::optional<std::uint8_t> reason = std::nullopt) {
  return revoked(draft.now - kDay, reason);
}

// A second statement about the certificate asked for.
SingleResponse& repeat(Draft& draft) {
  return draft.response.responses.emplace_back(draft.single());
}

void use_digest(Draft& draft, Digest digest) {
  for (SingleResponse& single : draft.response.responses)
    single.id = cert_id(digest, draft.ca.subject, draft.ca.subject_public_key_info, single.id.serial);
}

void set_times(Draft& draft, seconds this_update, std::optional<seconds> next_update, seconds produced_at) {
  for (SingleResponse& single : draft.response.responses) {
    single.this_update = draft.now + this_update;
    single.next_update.reset();
    if (next_update) single.next_update = draft.now + *next_update;
  }
  draft.response.produced_at = draft.now + produced_at;
}

void set_nonce(Draft& draft, std::optional<Blob> nonce) {
  draft.response.extensions.clear();
  if (nonce) draft.response.extensions.push_back(nonce_extension(*nonce));
}

constexpr Fault kFaults[] = {
    {"good", "good, whatever is true", [](Draft& d, long) { d.single().status = good(); }},
    {"revoked", "revoked yesterday, no reason",
     [](Draft& d, long) { d.single().status = revoked_yesterday(d); }},
    {"reason", "revoked yesterday with this CRLReason",
     [](Draft& d, long n) { d.single().status = revoked_yesterday(d, static_cast<std::uint8_t>(n)); },
     "REASON"},
    {"on-hold", "revoked, certificateHold",
     [](Draft& d, long) { d.single().status = revoked_yesterday(d, kHold); }},
    {"unknown", "unknown", [](Draft& d, long) { d.single().status = unknown(); }},
    {"good-and-revoked", "two statements, the second one revokes",
     [](Draft& d, long) {
       repeat(d).status = revoked_yesterday(d);
       d.single().status = good();
     }},
    {"revoked-and-good", "two statements, the first one revokes",
     [](Draft& d, long) {
       repeat(d).status = good();
       d.single().status = revoked_yesterday(d);
     }},
    {"good-and-unknown", "two statements, the second one is unknown",
     [](Draft& d, long) { repeat(d).status = unknown(); }},
    {"revoked-by-sha256", "good by the CertID asked for, revoked by the SHA-256 form",
     [](Draft& d, long) {
       SingleResponse& other = repeat(d);
       other.id = cert_id(Digest::kSha256, d.ca.subject, d.ca.subject_public_key_info, other.id.serial);
       other.status = revoked_yesterday(d);
     }},
    {"others-too", "statements about other certificates, all revoked, before and after",
     [](Draft& d, long) {
       SingleResponse other = d.single();
       other.id.serial.push_back(0x01);
       other.status = revoked_yesterday(d);
       d.response.responses.insert(d.response.responses.begin(), 3, other);
       d.response.responses.push_back(other);
     }},
    {"others-only", "a statement about another certificate alone, good",
     [](Draft& d, long) { d.single().id.serial.push_back(0x01); }},
    {"no-statements", "no SingleResponse at all", [](Draft& d, long) { d.response.responses.clear(); }},

    {"other-serial", "the last bit of serialNumber differs",
     [](Draft& d, long) { d.single().id.serial.back() ^= 1; }},
    {"other-name-hash", "issuerNameHash differs",
     [](Draft& d, long) { d.single().id.issuer_name_hash.back() ^= 1; }},
    {"other-key-hash", "issuerKeyHash differs",
     [](Draft& d, long) { d.single().id.issuer_key_hash.back() ^= 1; }},
    {"short-key-hash", "issuerKeyHash lacks its last octet",
     [](Draft& d, long) { d.single().id.issuer_key_hash.pop_back(); }},
    {"other-issuer", "the CertID of the same serial under another generation",
     [](Draft& d, long) {
       for (const Ca& ca : d.pki.cas)
         if (ca.subject == d.ca.subject && ca.name != d.ca.name)
           d.single().id =
               cert_id(Digest::kSha1, ca.subject, ca.subject_public_key_info, d.single().id.serial);
     }},
    {"other-hash", "the hashes of SHA-1 under the name of SHA-256",
     [](Draft& d, long) {
       use_digest(d, Digest::kSha1);
       d.single().id.hash = digest_oid(Digest::kSha256);
     }},
    {"sha1-certid", "CertID in its SHA-1 form", [](Draft& d, long) { use_digest(d, Digest::kSha1); }},
    {"sha256-certid", "CertID in its SHA-256 form", [](Draft& d, long) { use_digest(d, Digest::kSha256); }},
    {"md5-certid", "CertID made with MD5", [](Draft& d, long) { use_digest(d, Digest::kMd5); }},
    {"odd-hash-parameters", "the hash has parameters other than NULL",
     [](Draft& d, long) { d.single().id.hash_parameters = der::integer(1); }},

    {"stale", "nextUpdate is 23 hours ago",
     [](Draft& d, long) { set_times(d, -kDay, -kDay + minutes(60), -kDay); }},
    {"old", "thisUpdate is an hour ago, nextUpdate tomorrow, produced now",
     [](Draft& d, long) { set_times(d, -minutes(60), kDay, seconds(0)); }},
    {"no-next-update", "without nextUpdate",
     [](Draft& d, long) { set_times(d, -seconds(30), {}, -seconds(30)); }},
    {"old-no-next-update", "thisUpdate is an hour ago, without nextUpdate",
     [](Draft& d, long) { set_times(d, -minutes(60), {}, -minutes(60)); }},
    {"future", "all times are an hour ahead",
     [](Draft& d, long) { set_times(d, minutes(60), minutes(70), minutes(60)); }},
    {"produced-in-future", "producedAt is an hour ahead",
     [](Draft& d, long) { set_times(d, -seconds(30), minutes(10), minutes(60)); }},
    {"produced-before", "producedAt is ten minutes before thisUpdate",
     [](Draft& d, long) { set_times(d, -seconds(30), minutes(10), -minutes(10)); }},
    {"next-before-this", "nextUpdate is a minute before thisUpdate",
     [](Draft& d, long) { set_times(d, -seconds(30), -seconds(90), -seconds(30)); }},
    {"shift", "all times moved by so many seconds",
     [](Draft& d, long n) {
       for (SingleResponse& single : d.response.responses) {
         single.this_update += seconds(n);
         if (single.next_update) *single.next_update += seconds(n);
       }
       d.response.produced_at += seconds(n);
     },
     "SECONDS"},

    {"no-nonce", "without a nonce", [](Draft& d, long) { set_nonce(d, {}); }},
    {"wrong-nonce", "a nonce that nobody sent", [](Draft& d, long) { set_nonce(d, Blob(32, 0x5a)); }},
    {"short-nonce", "the nonce without its last octet",
     [](Draft& d, long) {
       Blob nonce = d.request.nonce.value_or(Blob(2));
       nonce.pop_back();
       set_nonce(d, nonce);
     }},
    {"long-nonce", "the nonce and one octet more",
     [](Draft& d, long) {
       Blob nonce = d.request.nonce.value_or(Blob());
       nonce.push_back(0);
       set_nonce(d, nonce);
     }},
    {"empty-nonce", "a nonce of no octets", [](Draft& d, long) { set_nonce(d, Blob()); }},
    {"bare-nonce", "the nonce without its inner OCTET STRING",
     [](Draft& d, long) {
       set_nonce(d, d.request.nonce.value_or(Blob()));
       d.response.extensions[0].value = d.request.nonce.value_or(Blob());
     }},
    {"two-nonces", "the nonce, and another one",
     [](Draft& d, long) { d.response.extensions.push_back(nonce_extension(Blob(32, 0x5a))); }},
    {"critical-nonce", "the nonce is critical",
     [](Draft& d, long) {
       for (auto& extension : d.response.extensions) extension.critical = true;
     }},
    {"replay", "what was sent first for this certificate, octet for octet",
     [](Draft& d, long) { d.replay = true; }},

    {"malformed-request", "responseStatus malformedRequest", [](Draft& d, long) { d.error = 1; }},
    {"internal-error", "responseStatus internalError", [](Draft& d, long) { d.error = 2; }},
    {"try-later", "responseStatus tryLater", [](Draft& d, long) { d.error = 3; }},
    {"sig-required", "responseStatus sigRequired", [](Draft& d, long) { d.error = 5; }},
    {"unauthorized", "responseStatus unauthorized", [](Draft& d, long) { d.error = 6; }},
    {"status", "this responseStatus", [](Draft& d, long n) { d.error = static_cast<std::uint8_t>(n); },
     "NUMBER"},
};

}  // namespace

std::span<const Fault> statement_faults() {
  return kFaults;
}

}  // namespace jpki::testocsp
