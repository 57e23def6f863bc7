// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ocsp/faults.h"

namespace jpki::testocsp {

namespace der = testpki::der;
namespace oid = testpki::oid;
using testpki::CertificateBuilder;
using testpki::Digest;
using testpki::PrivateKey;

namespace {

constexpr std::chrono::hours kDay{24};

// A CA of the tree that is not the one asked about; the last one when there is none of that name.
const Ca& other_ca(const Draft& draft, std::string_view name) {
  const Ca* found = draft.pki.named(name);
  return found != nullptr ? *found : draft.pki.cas.back();
}

void use_key(Draft& draft, const PrivateKey& key) {
  draft.delegate.subject_public_key_info = key.subject_public_key_info();
  draft.signer = &key;
}

void sign_as_ca(Draft& draft) {
  draft.signer = &draft.ca.key;
  draft.response.responder_id = by_name(draft.ca.subject);
  draft.embed = false;
}

const PrivateKey& short_key() {
  static const PrivateKey key = PrivateKey::rsa("jpki-testocsp/short", 1024);
  return key;
}
const PrivateKey& p384_key() {
  static const PrivateKey key = PrivateKey::p384("jpki-testocsp/p384");
  return key;
}

constexpr Fault kFaults[] = {
    {"ca-signed", "by the CA's own key", [](Draft& d, long) { sign_as_ca(d); }},
    {"p384", "by a delegate with a P-384 key", [](Draft& d, long) { use_key(d, p384_key()); }},
    {"not-embedded", "the delegate's certificate is left out", [](Draft& d, long) { d.embed = false; }},
    {"by-key", "ResponderID by key",
     [](Draft& d, long) { d.response.responder_id = by_key(d.pki.responder_key.key_identifier()); }},
    {"other-name", "ResponderID names another",
     [](Draft& d, long) { d.response.responder_id = by_name(d.pki.card.subject); }},
    {"other-key", "ResponderID is the hash of another key",
     [](Draft& d, long) { d.response.responder_id = by_key(d.ca.key.key_identifier()); }},
    {"ca-crowd", "the CA's certificate is embedded before the delegate's",
     [](Draft& d, long) { d.response.certificates.push_back(d.ca.certificate); }},

    {"corrupt", "the last bit of the signature is flipped",
     [](Draft& d, long) { d.response.signature.corrupt = true; }},
    {"wrong-key", "signed by another key than the embedded certificate's",
     [](Draft& d, long) { d.signer = &other_ca(d, "impostor").key; }},
    {"ca-name-wrong-key", "in the CA's name, by another key",
     [](Draft& d, long) {
       sign_as_ca(d);
       d.signer = &other_ca(d, "impostor").key;
     }},
    {"sha1-signature", "the response is signed with SHA-1",
     [](Draft& d, long) { d.response.signature.digest = Digest::kSha1; }},
    {"md5-signature", "the response is signed with MD5",
     [](Draft& d, long) { d.response.signature.digest = Digest::kMd5; }},
    {"short-key", "the delegate's key is RSA of 1024 bits", [](Draft& d, long) { use_key(d, short_key()); }},
    {"unknown-algorithm", "a signature algorithm that nobody knows",
     [](Draft& d, long) { d.response.signature.inner_algorithm = der::sequence({der::oid("2.999.1")}); }},
    {"other-algorithm", "signed with SHA-256, said to be SHA-384",
     [](Draft& d, long) {
       d.response.signature.inner_algorithm = d.signer->signature_algorithm(Digest::kSha384);
     }},

    {"foreign-responder", "the delegate is issued by an impostor with the CA's name",
     [](Draft& d, long) { d.delegate_issuer = &other_ca(d, "impostor").key; }},
    {"other-generation", "the delegate is issued by another generation of the CA's name",
     [](Draft& d, long) {
       for (const Ca& ca : d.pki.cas)
         if (ca.subject == d.ca.subject && ca.name != d.ca.name && ca.name != "impostor")
           d.delegate_issuer = &ca.key;
     }},
    {"other-ca", "the delegate of another CA, name and key",
     [](Draft& d, long) {
       const Ca& ca = other_ca(d, d.ca.name == "lgpki-g4" ? "lgpki-g3" : "lgpki-g4");
       d.delegate.issuer = ca.subject;
       d.delegate_issuer = &ca.key;
     }},
    {"self-signed", "the delegate's certificate is signed by itself",
     [](Draft& d, long) {
       d.delegate.issuer = d.delegate.subject;
       d.delegate_issuer = &d.pki.responder_key;
     }},
    {"card-signed", "by a card, with its certificate",
     [](Draft& d, long) {
       d.signer = &d.pki.card.key;
       d.embed = false;
       d.further_certificates = {d.pki.card.certificate};
       d.response.responder_id = by_name(d.pki.card.subject);
     }},
    {"corrupt-responder", "the signature of the delegate's certificate is broken",
     [](Draft& d, long) { d.delegate.signature.corrupt = true; }},
    {"sha1-responder", "the delegate's certificate is signed with SHA-1",
     [](Draft& d, long) { d.delegate.signature.digest = Digest::kSha1; }},
    {"expired-responder", "the delegate's certificate expired a day ago",
     [](Draft& d, long) {
       d.delegate.not_before = d.now - 9 * kDay;
       d.delegate.not_after = d.now - kDay;
     }},
    {"future-responder", "the delegate's certificate is valid from tomorrow",
     [](Draft& d, long) {
       d.delegate.not_before = d.now + kDay;
       d.delegate.not_after = d.now + 9 * kDay;
     }},
    {"no-eku", "the delegate's certificate has no extended key usage",
     [](Draft& d, long) { d.delegate.remove(oid::kExtendedKeyUsage); }},
    {"any-eku", "the delegate's certificate has anyExtendedKeyUsage alone",
     [](Draft& d, long) { d.delegate.replace(testpki::extended_key_usage({"2.5.29.37.0"})); }},
    {"other-eku", "the delegate's certificate is for serverAuth",
     [](Draft& d, long) { d.delegate.replace(testpki::extended_key_usage({oid::kServerAuth})); }},
    {"no-key-usage", "the delegate's certificate has no keyUsage",
     [](Draft& d, long) { d.delegate.remove(oid::kKeyUsage); }},
    {"other-key-usage", "the delegate's keyUsage is keyEncipherment alone",
     [](Draft& d, long) { d.delegate.replace(testpki::key_usage({testpki::KeyUsage::kKeyEncipherment})); }},
    {"critical-in-responder", "the delegate's certificate has an unknown critical extension",
     [](Draft& d, long) {
       d.delegate.add({"2.999.1", true, der::null()});
     }},
    {"no-nocheck", "the delegate's certificate has no id-pkix-ocsp-nocheck",
     [](Draft& d, long) { d.delegate.remove(oid::kOcspNoCheck); }},
};

}  // namespace

std::span<const Fault> signer_faults() {
  return kFaults;
}

}  // namespace jpki::testocsp
