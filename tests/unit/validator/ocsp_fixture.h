// SPDX-License-Identifier: LGPL-2.1-or-later
//
// OCSP responses about the certificates of pki_fixture.h, good until a test bends them.
#pragma once

#include "testkit/ocsp/response_builder.h"
#include "tests/unit/validator/pki_fixture.h"
#include "validator/ocsp/ocsp_check.h"

namespace jpki::test {

namespace tocsp = jpki::testocsp;

inline constexpr char kOcspSigning[] = "1.3.6.1.5.5.7.3.9";
inline constexpr char kNoCheck[] = "1.3.6.1.5.5.7.48.1.5";
inline const Blob kSerialOfPerson{0x00, 0x8f, 0x01, 0x02, 0x03};
inline constexpr std::chrono::minutes kMinute{1};

inline Blob responder_name() {
  return pki::distinguished_name({pki::country("JP"), pki::common_name("OCSP responder")});
}

// A delegated responder's certificate; still to be signed.
inline pki::CertificateBuilder responder(const std::string& key_name = "responder") {
  auto certificate = builder(authority_name(), responder_name(), key(key_name));
  certificate.serial = {0x21};
  certificate.add(pki::key_usage({pki::KeyUsage::kDigitalSignature}))
      .add(pki::extended_key_usage({kOcspSigning}))
      .add({kNoCheck, false, der::null()})
      .add(pki::subject_key_identifier(key(key_name).key_identifier()));
  return certificate;
}

inline tocsp::CertId id_of_person(pki::Digest digest = pki::Digest::kSha1) {
  return tocsp::cert_id(digest, authority_name(), key("root").subject_public_key_info(), kSerialOfPerson);
}

inline tocsp::SingleResponse single(Blob status = tocsp::good()) {
  return {.id = id_of_person(),
          .status = std::move(status),
          .this_update = kNow - kMinute,
          .next_update = kNow + 10 * kMinute};
}

// By the CA's own key until somebody changes it.
inline tocsp::ResponseBuilder response(tocsp::SingleResponse about = single()) {
  tocsp::ResponseBuilder builder;
  builder.responder_id = tocsp::by_name(authority_name());
  builder.produced_at = kNow - kMinute;
  builder.responses = {std::move(about)};
  return builder;
}

inline tocsp::ResponseBuilder delegated(const pki::CertificateBuilder& certificate,
                                        const std::string& issuer_key = "root") {
  auto builder = response();
  builder.responder_id = tocsp::by_name(certificate.subject);
  builder.certificates = {certificate.sign(key(issuer_key))};
  return builder;
}

// Says of every responder what the test wants said, and counts how often it was asked.
class FixedStatus final : public ocsp::ResponderStatus {
 public:
  explicit FixedStatus(std::string refusal = "", bool revoked = false)
      : refusal_(std::move(refusal)), revoked_(revoked) {}
  Expected<Unit, ocsp::ResponderDoubt> check(const x509::Certificate&, const x509::Certificate&,
                                             Time) const override {
    ++asked;
    if (refusal_.empty()) return Unit{};
    return Unexpected{ocsp::ResponderDoubt{refusal_, revoked_}};
  }
  mutable int asked = 0;

 private:
  std::string refusal_;
  bool revoked_;
};

// One question to check_response(); what is not said is the usual.
struct Question {
  Blob subject = person().sign(key("root"));
  Blob issuer = root();
  Blob nonce = {};
  std::vector<Blob> local = {};
  std::string responder_refusal = "no status at hand";
  bool responder_revoked = false;
  ocsp::OcspPolicy policy = {};
  Time now = kNow;

  Expected<ocsp::Answer, ocsp::OcspError> ask(Bytes der) const {
    std::vector<x509::Certificate> local_responders;
    for (const Blob& bytes : local) local_responders.push_back(decoded(bytes));
    return ocsp::check_response(der, decoded(subject), decoded(issuer), nonce, local_responders,
                                FixedStatus(responder_refusal, responder_revoked), policy, now);
  }
};

inline ocsp::Answer expect_answer(const Blob& der, ocsp::Status status, const Question& question = {},
                                  const std::string& clause = "") {
  auto answer = question.ask(der);
  if (!answer) ck_abort_msg("refused: %s", answer.error().clause.c_str());
  ck_assert_msg(answer->status == status, "status %d: %s", static_cast<int>(answer->status),
                answer->clause.c_str());
  expect_contains(answer->clause, clause);
  return *answer;
}

inline void expect_refusal(const Blob& der, Verdict verdict, const std::string& clause,
                           const Question& question = {}) {
  const auto answer = question.ask(der);
  ck_assert_msg(!answer, "answered: %s", answer ? answer->clause.c_str() : "");
  expect_verdict(answer.error().verdict, verdict, answer.error().clause);
  expect_contains(answer.error().clause, clause);
}

inline Blob by_root(const tocsp::ResponseBuilder& builder) {
  return builder.sign(key("root"));
}
inline Blob by_responder(const tocsp::ResponseBuilder& builder) {
  return builder.sign(key("responder"));
}

// Keys cost time: all before Check forks.
inline void make_keys() {
  for (const char* name : {"root", "person", "responder", "impostor"}) (void)key(name);
}

}  // namespace jpki::test
