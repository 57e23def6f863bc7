// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Who may sign the answers of sources of the network: validation servers (R14), responders and their own
// status.
#include "tests/unit/validator/sources_fixture.h"

namespace {

using namespace jpki;
using namespace jpki::test;

START_TEST(a_validation_server_has_a_signer_store_of_its_own) {
  Site site;
  site.rules[0].type = schedule::SourceType::kCvs;
  const Blob cvs_name = pki::distinguished_name({pki::country("JP"), pki::common_name("CVS")});
  auto answer = statement(kNoon);
  answer.responder_id = tocsp::by_name(cvs_name);
  site.platform_says(answer.sign(key("cvs")));
  site.expect_good("crl", 20h);
  expect_contains(site.traces[0].failure, "cvs-signer");

  site.anchors.push_back(anchor(authority(cvs_name, cvs_name, "cvs").sign(key("cvs")), "cvs"));
  site.anchors[1].functions = {trust::Function::kCvsSigner};
  site.expect_good("platform", 0s);
  // The CA itself does not sign for the server, nor the server's signer for a source of type ocsp.
  site.platform_says(by_root(statement(kNoon)));
  site.expect_good("crl", 20h);
  site.rules[0].type = schedule::SourceType::kOcsp;
  site.platform_says(answer.sign(key("cvs")));
  site.expect_good("crl", 20h);
  // Two during a cut-over; outside of its window one counts for nothing.
  site.rules[0].type = schedule::SourceType::kCvs;
  site.anchors.push_back(anchor(authority(cvs_name, cvs_name, "cvs2").sign(key("cvs2")), "cvs2"));
  site.anchors[2].functions = {trust::Function::kCvsSigner};
  site.platform_says(answer.sign(key("cvs2")));
  site.expect_good("platform", 0s);
  site.anchors[2].accept_from = kNoon + 1s;
  site.expect_good("crl", 20h);
}
END_TEST

START_TEST(a_validation_servers_signer_counts_within_its_validity) {
  const struct {
    std::chrono::seconds from, to;  // since kNoon
    bool counts;
  } cases[] = {{-1h, 1h, true}, {0s, 1h, true}, {1s, 1h, false}, {-1h, 0s, true}, {-1h, -1s, false}};
  for (const auto& [from, to, counts] : cases) {
    Site site;
    site.rules = {ocsp_rule()};
    site.rules[0].type = schedule::SourceType::kCvs;
    const Blob cvs_name = pki::distinguished_name({pki::country("JP"), pki::common_name("CVS")});
    auto signer = authority(cvs_name, cvs_name, "cvs");
    signer.not_before = kNoon + from;
    signer.not_after = kNoon + to;
    site.anchors.push_back(anchor(signer.sign(key("cvs")), "cvs"));
    site.anchors[1].functions = {trust::Function::kCvsSigner};
    auto answer = statement(kNoon);
    answer.responder_id = tocsp::by_name(cvs_name);
    site.platform_says(answer.sign(key("cvs")));
    if (counts)
      site.expect_good("platform", 0s);
    else
      site.expect_refused(Verdict::kRevocationUnknown, "no anchor has the function cvs-signer now");
  }
}
END_TEST

// The status of a validation server's responder is its own anchor's matter, not the person's.
START_TEST(a_validation_servers_responder_is_judged_by_its_own_anchor) {
  Site site;
  site.rules[0].type = schedule::SourceType::kCvs;
  const Blob cvs_name = pki::distinguished_name({pki::country("JP"), pki::common_name("CVS")});
  site.anchors.push_back(anchor(authority(cvs_name, cvs_name, "cvs").sign(key("cvs")), "cvs"));
  site.anchors[1].functions = {trust::Function::kCvsSigner};
  auto helper = responder();
  helper.issuer = cvs_name;
  helper.remove(kNoCheck);
  auto answer = statement(kNoon);
  answer.responder_id = tocsp::by_name(responder_name());
  answer.certificates = {helper.sign(key("cvs"))};
  site.platform_says(by_responder(answer));
  site.expect_good("crl", 20h);  // its status is unknown
  auto of_server = full_crl(cvs_name);
  of_server.this_update = kNoon - 1h;
  of_server.next_update = kNoon + 1h;
  site.crls.files.push_back(of_server.sign(key("cvs")));
  site.expect_good("platform", 0s);
  of_server.revoke(Blob{0x21}, kNoon - 5h, std::uint8_t{1});
  site.crls.files.back() = of_server.sign(key("cvs"));
  site.expect_good("crl", 20h);
}
END_TEST

START_TEST(responders_that_do_not_send_their_certificate) {
  Site site;
  auto answer = statement(kNoon);
  answer.responder_id = tocsp::by_name(responder_name());
  site.platform_says(by_responder(answer));
  site.expect_good("crl", 20h);
  site.responders["platform"].push_back(decoded(responder().sign(key("root"))));
  site.expect_good("platform", 0s);
  // Without nocheck its own status must be known, by a CRL.
  auto checked = responder();
  checked.remove(kNoCheck);
  site.responders["platform"][0] = decoded(checked.sign(key("root")));
  site.expect_good("crl", 20h);
  auto all = full_crl();
  all.this_update = kNoon - 1h;
  all.next_update = kNoon + 1h;
  site.crls.files.push_back(all.sign(key("root")));
  site.expect_good("platform", 0s);
}
END_TEST

START_TEST(a_responder_that_a_crl_lists_is_not_believed_whatever_it_says_of_itself) {
  Site site;
  site.rules = {ocsp_rule()};
  auto answer = statement(kNoon);
  answer.responder_id = tocsp::by_name(responder_name());
  answer.certificates = {responder().sign(key("root"))};  // with nocheck
  site.platform_says(by_responder(answer));
  site.expect_good("platform", 0s);
  auto all = full_crl();
  all.this_update = kNoon - 1h;
  all.next_update = kNoon + 1h;
  all.revoke(Blob{0x21}, kNoon - 5h, std::uint8_t{1});
  site.crls.files = {all.sign(key("root"))};
  site.expect_refused(Verdict::kRevocationInvalid, "the responder's certificate is revoked");
}
END_TEST

Suite* sources_signers_suite() {
  Suite* suite = suite_create("sources_signers");
  TCase* tests = tcase_create("sources_signers");
  tcase_add_test(tests, a_validation_server_has_a_signer_store_of_its_own);
  tcase_add_test(tests, a_validation_servers_signer_counts_within_its_validity);
  tcase_add_test(tests, a_validation_servers_responder_is_judged_by_its_own_anchor);
  tcase_add_test(tests, responders_that_do_not_send_their_certificate);
  tcase_add_test(tests, a_responder_that_a_crl_lists_is_not_believed_whatever_it_says_of_itself);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "responder", "cvs", "cvs2"}) (void)key(name);
  return run_suite(sources_signers_suite());
}
