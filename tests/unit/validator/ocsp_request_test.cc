// SPDX-License-Identifier: LGPL-2.1-or-later
//
// OCSP requests, octet for octet as openssl(1) writes them, and their GET form.
#include "validator/ocsp/ocsp_request.h"

#include "tests/unit/validator/ocsp_fixture.h"

#include <algorithm>
#include <cstdlib>

#include <sys/wait.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using ocsp::CertIdHash;

std::string contents_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  ck_assert_msg(stream.good(), "no %s", path.c_str());
  return {std::istreambuf_iterator<char>(stream), {}};
}

// What `openssl ocsp OPTIONS` asks about the person of the fixture.
Blob request_of_openssl(const std::string& options) {
  const TemporaryDirectory directory;
  const std::string issuer = directory.write("issuer.der", as_text(root()));
  const std::string subject = directory.write("subject.der", as_text(person().sign(key("root"))));
  const std::string out = directory.path("request");
  const std::string command = "openssl ocsp -issuer " + issuer + " " + options + " -cert " + subject +
                              " -reqout " + out + " >" + directory.path("log") + " 2>&1";
  const int status = std::system(command.c_str());
  ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "openssl: %s",
                contents_of(directory.path("log")).c_str());
  return to_blob(as_bytes(contents_of(out)));
}

ocsp::Request request_for(CertIdHash hash, Bytes nonce) {
  return ocsp::make_request(decoded(person().sign(key("root"))), decoded(root()), hash, nonce);
}

void expect_bytes(const Blob& actual, const Blob& expected) {
  expect_text(to_hex(actual), to_hex(expected));
}

START_TEST(as_openssl_writes_them) {
  expect_bytes(request_for(CertIdHash::kSha1, {}).der, request_of_openssl("-no_nonce"));
  expect_bytes(request_for(CertIdHash::kSha256, {}).der, request_of_openssl("-no_nonce -sha256"));
  for (const bool sha256 : {false, true}) {
    const Blob theirs = request_of_openssl(sha256 ? "-nonce -sha256" : "-nonce");
    const Bytes nonce = Bytes(theirs).last(16);
    const auto ours = request_for(sha256 ? CertIdHash::kSha256 : CertIdHash::kSha1, nonce);
    expect_bytes(ours.der, theirs);
    expect_bytes(ours.nonce, to_blob(nonce));
  }
}
END_TEST

// A request of 2014 for a certificate with a two-byte serial.
START_TEST(known_octets) {
  auto subject = person();
  subject.serial = {0x3f, 0x20};
  const auto request =
      ocsp::make_request(decoded(subject.sign(key("root"))), decoded(root()), CertIdHash::kSha1, {});
  const Blob name = tocsp::digest_of(pki::Digest::kSha1, authority_name());
  expect_text(to_hex(request.der),
              "3043304130"
              "3f303d303b300906052b0e03021a05000414" +
                  to_hex(name) + "0414" + to_hex(key("root").key_identifier()) + "02023f20");
  const auto with_nonce = ocsp::make_request(decoded(subject.sign(key("root"))), decoded(root()),
                                             CertIdHash::kSha1, Blob(ocsp::kNonceSize, 0xab));
  std::string nonce_hex;
  for (int i = 0; i < 32; ++i) nonce_hex += "ab";
  expect_contains(to_hex(with_nonce.der),
                  "02023f20"
                  "a2333031302f06092b06010505073001020422"
                  "0420" +
                      nonce_hex);
}
END_TEST

START_TEST(get_form) {
  const auto request = request_for(CertIdHash::kSha1, {});
  const auto url = ocsp::get_url("http://ocsp.test/ocsp", request);
  ck_assert(url.has_value());
  ck_assert(url->starts_with("http://ocsp.test/ocsp/ME"));
  ck_assert(ocsp::get_url("http://ocsp.test/ocsp/", request) == url);
  ck_assert(url->find_first_of("+=", 0) == std::string::npos);
  ck_assert_int_eq(static_cast<int>(std::ranges::count(*url, '/')), 4);
  ck_assert(!ocsp::get_url("http://ocsp.test/ocsp?city=1", request));
  ck_assert(!ocsp::get_url("http://ocsp.test/#ocsp", request));

  // '+', '/' and '=' are the three characters of base64 that a path cannot carry.
  const ocsp::Request odd{{0xfb, 0xff, 0xbf, 0xfb}, {}};
  expect_text(ocsp::get_url("http://h", odd).value_or("none"), "http://h/%2B%2F%2B%2F%2Bw%3D%3D");
}
END_TEST

START_TEST(get_form_is_255_bytes_at_most) {
  const std::string scheme = "http://";
  const ocsp::Request request{Blob(60, 0), {}};  // 80 characters
  const std::string host(255 - scheme.size() - 1 - 80, 'h');
  ck_assert_uint_eq(ocsp::get_url(scheme + host, request).value_or("").size(), 255);
  ck_assert(!ocsp::get_url(scheme + host + "h", request));
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("validator/ocsp request");
  TCase* t = tcase_create("request");
  tcase_set_timeout(t, 60);
  tcase_add_unchecked_fixture(t, make_keys, nullptr);
  tcase_add_test(t, as_openssl_writes_them);
  tcase_add_test(t, known_octets);
  tcase_add_test(t, get_form);
  tcase_add_test(t, get_form_is_255_bytes_at_most);
  suite_add_tcase(s, t);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
