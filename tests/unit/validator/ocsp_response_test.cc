// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The decoder of OCSP responses against malformed and hostile bytes, and against the vectors of the Debian
// package python3-cryptography-vectors.
#include "tests/unit/validator/ocsp_fixture.h"
#include "validator/ocsp/responder.h"
#include "validator/ocsp/response.h"

#include <gnutls/x509.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using ocsp::Status;

constexpr Verdict kInvalid = Verdict::kRevocationInvalid;

constexpr char kVectors[] = "/usr/lib/python3/dist-packages/cryptography_vectors/x509/";

Blob vector_file(const std::string& name) {
  std::ifstream stream(kVectors + name, std::ios::binary);
  ck_assert_msg(stream.good(), "%s%s is missing: apt-get install python3-cryptography-vectors", kVectors,
                name.c_str());
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  return to_blob(as_bytes(bytes));
}

x509::Certificate vector_certificate(const std::string& name) {
  const Blob pem = vector_file(name);
  const gnutls_datum_t input = {const_cast<unsigned char*>(pem.data()), static_cast<unsigned>(pem.size())};
  gnutls_datum_t der{};
  ck_assert_int_eq(gnutls_pem_base64_decode2("CERTIFICATE", &input, &der), 0);
  const Blob bytes(der.data, der.data + der.size);
  gnutls_free(der.data);
  return decoded(bytes);
}

struct Vector {
  const char* file;
  const char* refusal;  // empty: it decodes
  std::size_t responses = 0;
  std::size_t certificates = 0;
  Status status = Status::kGood;
  std::optional<std::uint64_t> reason = {};
};

// As `openssl ocsp -resp_text` reads them.
const Vector kResponses[] = {
    {"ocsp-army.deps.mil-resp.der", "", 20, 1, Status::kRevoked, {}},
    {"resp-delegate-unknown-cert.der", "", 1, 1, Status::kUnknown, {}},
    {"resp-invalid-signature-oid.der", "", 1, 0, Status::kGood, {}},
    {"resp-responder-key-hash.der", "", 1, 0, Status::kRevoked, {}},
    {"resp-response-type-unknown-oid.der", "responseType: not id-pkix-ocsp-basic"},
    {"resp-revoked-no-next-update.der", "", 1, 0, Status::kRevoked, {}},
    {"resp-revoked-reason.der", "", 1, 1, Status::kRevoked, 4},
    {"resp-revoked.der", "", 1, 0, Status::kRevoked, {}},
    {"resp-sct-extension.der", "", 1, 1, Status::kGood, {}},
    {"resp-sha256.der", "", 1, 0, Status::kGood, {}},
    {"resp-single-extension-reason.der", "", 1, 0, Status::kGood, {}},
    {"resp-successful-no-response-bytes.der", "responseBytes"},
    {"resp-unauthorized.der", "unauthorized"},
    {"resp-unknown-extension.der", "", 1, 1, Status::kRevoked, 4},
    {"resp-unknown-hash-alg.der", "", 1, 0, Status::kRevoked, {}},
    {"resp-unknown-response-status.der", "responseStatus"},
};

START_TEST(vectors) {
  const Vector& expected = kResponses[_i];
  const Blob der = vector_file(std::string("ocsp/") + expected.file);
  const auto envelope = ocsp::decode_response(der);
  if (*expected.refusal != '\0') {
    const auto answer = Question().ask(der);
    ck_assert(!answer);
    expect_contains(answer.error().clause, expected.refusal);
    return;
  }
  ck_assert_msg(envelope.has_value(), "%s: %s", expected.file, envelope ? "" : envelope.error().c_str());
  const auto basic = ocsp::decode_basic_response(envelope->basic);
  ck_assert_msg(basic.has_value(), "%s: %s", expected.file, basic ? "" : basic.error().c_str());
  ck_assert_msg(basic->responses.size() == expected.responses, "%s: %zu", expected.file,
                basic->responses.size());
  ck_assert_msg(basic->certificates.size() == expected.certificates, "%s: %zu certificates", expected.file,
                basic->certificates.size());
  ck_assert_msg(basic->responses[0].status == expected.status, "%s", expected.file);
  ck_assert_msg(basic->responses[0].reason == expected.reason, "%s", expected.file);
  // None is about a certificate of ours.
  expect_refusal(der, Verdict::kRevocationUnknown, "not about this certificate");
}
END_TEST

// Requests are no responses. A release of the vectors may have more of them than another.
START_TEST(request_vectors_and_no_response_left_out) {
  std::size_t requests = 0;
  std::size_t responses = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(kVectors) + "ocsp")) {
    const std::string file = entry.path().filename();
    if (!file.ends_with(".der")) continue;
    const bool request = file.starts_with("req-") || file.ends_with("-req.der");
    if (request) expect_refusal(vector_file("ocsp/" + file), kInvalid, "responseStatus");
    ++(request ? requests : responses);
  }
  ck_assert_uint_ge(requests, 9);
  ck_assert_uint_eq(responses, std::size(kResponses));
}
END_TEST

Expected<Unit, std::string> signer_of_vector(const std::string& name, const x509::Certificate& issuer) {
  const Blob der = vector_file("ocsp/" + name);
  const auto envelope = ocsp::decode_response(der);
  const auto basic = ocsp::decode_basic_response(envelope->basic);
  return ocsp::check_signer(*basic, issuer, {}, FixedStatus("none"), {}, kNow);
}

START_TEST(vectors_of_known_issuers) {
  const auto encrypt = vector_certificate("letsencryptx3.pem");
  ck_assert(signer_of_vector("resp-sha256.der", encrypt).has_value());
  const auto md2 = signer_of_vector("resp-invalid-signature-oid.der", encrypt);
  ck_assert(!md2);
  expect_contains(md2.error(), "too weak");

  const auto issuer = vector_certificate("rapidssl_sha256_ca_g3.pem");
  const auto subject = vector_certificate("cryptography.io.pem");
  const auto answer = ocsp::check_response(vector_file("ocsp/resp-revoked-no-next-update.der"), subject,
                                           issuer, {}, {}, FixedStatus("none"), {}, kNow);
  ck_assert(!answer);
  expect_contains(answer.error().clause, "neither the CA nor a certificate at hand");
}
END_TEST

START_TEST(every_prefix_is_refused) {
  const Blob der = by_responder(delegated(responder()));
  expect_answer(der, Status::kGood);
  const Question question;
  const auto subject = decoded(question.subject), issuer = decoded(question.issuer);
  const auto verdict_of = [&](Bytes bytes) {
    const auto answer = ocsp::check_response(bytes, subject, issuer, {}, {}, FixedStatus("none"), {}, kNow);
    return answer ? Verdict::kAccepted : answer.error().verdict;
  };
  for (std::size_t size = 0; size < der.size(); ++size)
    ck_assert_msg(verdict_of(Bytes(der).first(size)) == kInvalid, "%zu bytes", size);
  Blob longer = der;
  longer.push_back(0);
  ck_assert(verdict_of(longer) == kInvalid);
}
END_TEST

// Without certificates every bit is either signed, part of the signature, or structure; but the NULL that
// parameters of a signature may be, which says the same when it is left out.
START_TEST(no_flipped_bit_is_good) {
  const Blob der = by_root(response());
  const Question question;
  const auto subject = decoded(question.subject), issuer = decoded(question.issuer);
  for (std::size_t bit = 0; bit < der.size() * 8; ++bit) {
    Blob flipped = der;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1u << bit % 8));
    const auto answer = ocsp::check_response(flipped, subject, issuer, {}, {}, FixedStatus("none"), {}, kNow);
    ck_assert_msg(!answer, "bit %zu", bit);
  }
}
END_TEST

START_TEST(odd_encodings) {
  auto explicit_v1 = response();
  explicit_v1.version = 0;
  expect_answer(by_root(explicit_v1), Status::kGood);
  auto v2 = response();
  v2.version = 1;
  expect_refusal(by_root(v2), kInvalid, "version");

  const auto with_times = [](const char* this_update) {
    auto builder = response();
    builder.responses[0].times = der::text(der::kGeneralizedTime, this_update);
    return by_root(builder);
  };
  expect_answer(with_times("20240531235900Z"), Status::kGood);
  for (const char* time : {"20240531235900", "20240531235900.0Z", "202405312359Z", "20240531235900+0000",
                           "20240531245900Z", "20240532000000Z", "20240531235960Z", ""})
    expect_refusal(with_times(time), kInvalid, "thisUpdate: malformed");
  auto utc = response();
  utc.responses[0].times = der::utc_time(kNow);
  expect_refusal(by_root(utc), kInvalid, "thisUpdate: malformed");
  auto utc_produced = response();
  utc_produced.produced_at_der = der::utc_time(kNow);
  expect_refusal(by_root(utc_produced), kInvalid, "producedAt: malformed");
  auto bare_next = response();
  bare_next.responses[0].times = der::generalized_time(kNow);
  der::append(*bare_next.responses[0].times, der::generalized_time(kNow));
  expect_refusal(by_root(bare_next), kInvalid, "trailing fields");
  auto two_next = response();
  two_next.responses[0].times = der::generalized_time(kNow);
  der::append(
      *two_next.responses[0].times,
      der::tlv(der::context_constructed(0), {der::generalized_time(kNow), der::generalized_time(kNow)}));
  expect_refusal(by_root(two_next), kInvalid, "nextUpdate: malformed");
}
END_TEST

START_TEST(odd_statuses) {
  const auto with_status = [](const Blob& status) { return by_root(response(single(status))); };
  const Blob odd[] = {
      der::null(),
      der::tlv(der::context(0), der::null()),
      der::tlv(der::context(2), Blob{0}),
      der::tlv(der::context(3), Bytes{}),
      der::tlv(der::context_constructed(0), Bytes{}),
      der::tlv(der::context(1), der::generalized_time(kNow)),
      der::tlv(der::context_constructed(1), Bytes{}),
      der::tlv(der::context_constructed(1), der::utc_time(kNow)),
      der::tlv(der::context_constructed(1), {der::generalized_time(kNow), der::enumerated(1)}),
      der::tlv(der::context_constructed(1),
               {der::generalized_time(kNow), der::tlv(der::context_constructed(0), der::integer(1))}),
      der::tlv(der::context_constructed(1),
               {der::generalized_time(kNow), der::tlv(der::context_constructed(0), der::enumerated(1)),
                der::null()}),
  };
  auto bare = response(single({}));
  bare.responses[0].times = Blob{};
  expect_refusal(by_root(bare), kInvalid, "certStatus: malformed");
  for (const Blob& status : odd) expect_refusal(with_status(status), kInvalid, "certStatus: malformed");
  expect_answer(with_status(tocsp::revoked(kNow, std::uint8_t{99})), Status::kRevoked);
}
END_TEST

START_TEST(odd_structures) {
  expect_refusal({}, kInvalid, "OCSPResponse");
  expect_refusal(to_blob(as_bytes("<html>404 Not Found</html>")), kInvalid, "OCSPResponse");
  auto id = response();
  id.responder_id = tocsp::by_key({});
  expect_refusal(by_root(id), kInvalid, "neither the CA");
  id.responder_id = der::octet_string(key("root").key_identifier());
  expect_refusal(by_root(id), kInvalid, "responderID: malformed");
  id.responder_id = der::tlv(der::context_constructed(1), {authority_name(), authority_name()});
  expect_refusal(by_root(id), kInvalid, "responderID: malformed");
  for (const Blob& twice : {der::octet_string(key("root").key_identifier()), der::null()}) {
    id.responder_id =
        der::tlv(der::context_constructed(2), {der::octet_string(key("root").key_identifier()), twice});
    expect_refusal(by_root(id), kInvalid, "responderID: malformed");
  }
  id.responder_id = der::tlv(der::context_constructed(2), der::null());
  expect_refusal(by_root(id), kInvalid, "responderID: malformed");
  auto empty_serial = response();
  empty_serial.responses[0].id.serial.clear();
  expect_refusal(by_root(empty_serial), kInvalid, "certID: malformed");
  auto padded_serial = response();
  padded_serial.responses[0].id.serial = {0x00, 0x00, 0x8f, 0x01, 0x02, 0x03};
  expect_refusal(by_root(padded_serial), kInvalid, "certID: malformed");
  auto type = response();
  type.response_type = "1.3.6.1.5.5.7.48.1.2";
  expect_refusal(by_root(type), kInvalid, "responseType");
  const auto with_bytes = [](std::initializer_list<Bytes> fields) {
    return der::sequence({der::enumerated(0), der::tlv(der::context_constructed(0), der::sequence(fields))});
  };
  const Blob basic = der::oid("1.3.6.1.5.5.7.48.1.1"), nothing = der::octet_string(der::sequence({}));
  expect_refusal(with_bytes({basic, nothing}), kInvalid, "BasicOCSPResponse");
  expect_refusal(with_bytes({basic, nothing, der::null()}), kInvalid, "responseBytes: malformed");
  expect_refusal(with_bytes({basic}), kInvalid, "responseBytes: malformed");
  expect_refusal(with_bytes({}), kInvalid, "responseBytes: malformed");
  const Blob bytes = der::tlv(der::context_constructed(0), der::sequence({basic, nothing}));
  expect_refusal(der::sequence({der::enumerated(0), bytes}), kInvalid, "BasicOCSPResponse");
  expect_refusal(der::sequence({der::enumerated(0), bytes, der::null()}), kInvalid,
                 "responseBytes: absent or malformed");
}
END_TEST

// What decode_basic_response() says of these parts; nothing: they are one.
std::string fault_of(std::initializer_list<Bytes> parts) {
  const Blob der = der::sequence(parts);
  const auto basic = ocsp::decode_basic_response(der);
  return basic ? "" : basic.error();
}
Blob explicitly(unsigned number, std::initializer_list<Bytes> contents) {
  return der::tlv(der::context_constructed(number), contents);
}

START_TEST(odd_parts_of_a_basic_response) {
  const Blob data = der::sequence({tocsp::by_key(Blob(20)), der::generalized_time(kNow), der::sequence({})});
  const Blob algorithm = key("root").signature_algorithm(pki::Digest::kSha256);
  const Blob bits = der::bit_string(Blob{0x80}), certs = explicitly(0, {der::sequence({root()})});
  expect_text(fault_of({data, algorithm, bits}), "");
  expect_text(fault_of({data, algorithm, bits, certs}), "");
  expect_text(fault_of({}), "BasicOCSPResponse: malformed");
  expect_text(fault_of({data}), "BasicOCSPResponse: malformed");
  expect_text(fault_of({data, algorithm}), "BasicOCSPResponse: malformed");
  expect_text(fault_of({data, bits}), "BasicOCSPResponse: malformed");
  expect_text(fault_of({data, der::sequence({}), bits}), "signatureAlgorithm: malformed");
  expect_text(fault_of({data, algorithm, der::bit_string(Blob{0x80}, 7)}), "signature: malformed");
  expect_text(fault_of({data, algorithm, bits, der::null()}), "certs: malformed");
  expect_text(fault_of({data, algorithm, bits, certs, der::null()}), "certs: malformed");
  expect_text(fault_of({data, algorithm, bits, explicitly(0, {der::null()})}), "certs: malformed");
  expect_text(fault_of({data, algorithm, bits, explicitly(0, {der::sequence({der::null()})})}),
              "certs: malformed");
}
END_TEST

START_TEST(odd_parts_of_response_data) {
  const auto fault = [](std::initializer_list<Bytes> parts) {
    return fault_of({der::sequence(parts), key("root").signature_algorithm(pki::Digest::kSha256),
                     der::bit_string(Blob{1})});
  };
  const Blob id = tocsp::by_key(Blob(20)), time = der::generalized_time(kNow), none = der::sequence({});
  expect_text(fault({id, time, none}), "");
  expect_text(fault({explicitly(0, {der::integer(0)}), id, time, none}), "");
  expect_text(fault({explicitly(0, {der::null()}), id, time, none}), "version: malformed or unknown");
  expect_text(fault({}), "responderID: malformed");
  expect_text(fault({explicitly(1, {}), time, none}), "responderID: malformed");
  expect_text(fault({explicitly(2, {}), time, none}), "responderID: malformed");
  expect_text(fault({id}), "producedAt: malformed");
  expect_text(fault({id, time}), "responses: malformed");
  expect_text(fault({id, time, der::sequence({der::null()})}), "responses: malformed");
  expect_text(fault({id, time, none, explicitly(1, {der::null()})}), "responseExtensions: malformed");
  expect_text(fault({id, time, none, der::null()}), "ResponseData: trailing fields");

  const auto single_fault = [&](std::initializer_list<Bytes> parts) {
    const Blob list = der::sequence({der::sequence(parts)});
    return fault({id, time, list});
  };
  const Blob hash = der::sequence({der::oid("1.3.14.3.2.26"), der::null()});
  const Blob octets = der::octet_string(Blob(20)), serial = der::integer(5), good = tocsp::good();
  const Blob cert_id = der::sequence({hash, octets, octets, serial});
  expect_text(single_fault({cert_id, good, time}), "");
  expect_text(single_fault({cert_id, good, time, explicitly(0, {time})}), "");
  for (const Blob& odd :
       {der::sequence({hash, octets, octets, serial, der::null()}), der::sequence({hash, octets, octets}),
        der::sequence({hash, octets, serial}), der::sequence({octets, octets, serial}), der::sequence({})})
    expect_text(single_fault({odd, good, time}), "certID: malformed");
  expect_text(single_fault({cert_id}), "certStatus: malformed");
  expect_text(single_fault({cert_id, good}), "thisUpdate: malformed");
  for (const Blob& odd : {explicitly(0, {}), explicitly(0, {der::null()}), explicitly(0, {time, time})})
    expect_text(single_fault({cert_id, good, time, odd}), "nextUpdate: malformed");
  expect_text(single_fault({cert_id, good, time, explicitly(1, {})}), "singleExtensions: malformed");
  expect_text(single_fault({cert_id, good, time, der::null()}), "SingleResponse: trailing fields");
}
END_TEST

START_TEST(size_is_bounded) {
  auto big = response();
  big.extensions = {{"2.999.1", false, Blob(ocsp::kMaxResponseSize)}};
  expect_refusal(by_root(big), kInvalid, "too large");
  big.extensions[0].value.resize(ocsp::kMaxResponseSize - 1024);
  const std::size_t room = ocsp::kMaxResponseSize - by_root(big).size();
  big.extensions[0].value.resize(big.extensions[0].value.size() + room);
  ck_assert_uint_eq(by_root(big).size(), ocsp::kMaxResponseSize);
  expect_answer(by_root(big), Status::kGood);
  big.extensions[0].value.push_back(0);
  expect_refusal(by_root(big), kInvalid, "too large");
  // As many statements as fit: still one verification.
  auto many = response();
  auto other = single();
  other.id.serial.back() ^= 1;
  many.responses.insert(many.responses.begin(), 500, other);
  expect_answer(by_root(many), Status::kGood);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("validator/ocsp response");
  TCase* t = tcase_create("response");
  tcase_set_timeout(t, 60);
  tcase_add_unchecked_fixture(t, make_keys, nullptr);
  tcase_add_loop_test(t, vectors, 0, std::size(kResponses));
  tcase_add_test(t, request_vectors_and_no_response_left_out);
  tcase_add_test(t, vectors_of_known_issuers);
  tcase_add_test(t, every_prefix_is_refused);
  tcase_add_test(t, no_flipped_bit_is_good);
  tcase_add_test(t, odd_encodings);
  tcase_add_test(t, odd_statuses);
  tcase_add_test(t, odd_structures);
  tcase_add_test(t, odd_parts_of_a_basic_response);
  tcase_add_test(t, odd_parts_of_response_data);
  tcase_add_test(t, size_is_bounded);
  suite_add_tcase(s, t);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
