// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whose CRLs jpki-crl-refresh compiles.
#include "tests/unit/validator/crl_refresh_fixture.h"

namespace jpki::test {
namespace {

START_TEST(a_crl_of_nobody_is_refused) {
  Site site;
  site.drop("a.crl", text(full_crl(person_name("NOBODY")).sign(key("root"))));
  expect_problems(site.run(), "JPKI-704 ");
  ck_assert_uint_eq(site.index().section_count(), 0);
}
END_TEST

START_TEST(an_anchor_for_revocation_data_alone_is_enough) {
  Site site;
  site.anchors.front().functions = {trust::Function::kRevocationData};
  site.drop("a.crl", text(signed_crl(7)));
  expect_problems(site.run(), "");
  expect_text(site.numbers(), "07 ");
}
END_TEST

START_TEST(an_anchor_without_revocation_data_is_not) {
  Site site;
  site.anchors.front().functions = {trust::Function::kLogin};
  site.drop("a.crl", text(signed_crl(7)));
  expect_problems(site.run(), "JPKI-704 ");
}
END_TEST

START_TEST(an_intermediate_signs_when_its_path_holds) {
  Site site;
  const Blob name = person_name("ORGANIZATION CA");
  site.intermediates.push_back(decoded(authority(authority_name(), name, "signer").sign(key("root"))));
  site.drop("a.crl", text(full_crl(name).sign(key("signer"))));
  expect_problems(site.run(), "");
  Site other;
  other.intermediates.push_back(decoded(authority(authority_name(), name, "signer").sign(key("other"))));
  other.drop("a.crl", text(full_crl(name).sign(key("signer"))));
  const Report report = other.run();
  expect_problems(report, "JPKI-704 ");
  expect_contains(to_line(report.problems.front()), "no path to an anchor");
}
END_TEST

START_TEST(a_signer_needs_crl_sign) {
  Site site;
  site.anchors = store_of(authority(authority_name(), authority_name(), "root")
                              .replace(pki::key_usage({pki::KeyUsage::kKeyCertSign}))
                              .sign(key("root")));
  site.drop("a.crl", text(signed_crl(7)));
  expect_problems(site.run(), "JPKI-704 ");
}
END_TEST

// An indirect CRL by a key that is no CA's (RFC 5280 5): its certificate vouches for the CRL, and for no
// certificate, though its key signs one.
START_TEST(a_crl_signer_that_is_no_ca) {
  Site site;
  const Blob name = person_name("CRL SIGNER");
  auto signer = builder(authority_name(), name, key("signer"));
  signer.serial = {0x21};
  signer.add(pki::key_usage({pki::KeyUsage::kCrlSign}))
      .add(pki::certificate_policies({kAnyPolicy}))
      .add(pki::subject_key_identifier(key("signer").key_identifier()));
  site.directory.write("signer.der", text(signer.sign(key("root"))));
  std::vector<std::string> problems;
  site.intermediates = trust::load_intermediates(site.directory.path(), problems, {.owner = ::geteuid()});
  ck_assert(problems.empty() && site.intermediates.size() == 1);
  auto indirect = full_crl(name).add(pki::issuing_distribution_point({.indirect_crl = true}));
  site.drop("a.crl", text(indirect.sign(key("signer"))));
  expect_problems(site.run(), "");
  ck_assert_uint_eq(site.index().section_count(), 1);

  const auto leaf = decoded(person(name, "signer").sign(key("signer")));
  const auto path = path::validate_path(leaf, site.intermediates, site.anchors, jpki_policy(), kNow);
  ck_assert(!path.has_value());
  expect_contains(path.error().clause, "6.1.4(k)");
}
END_TEST

START_TEST(generations_of_one_name_have_series_of_their_own) {
  Site site;
  site.anchors.push_back(anchor(root("old-root"), "g0"));
  site.drop("new.crl", text(signed_crl(3)));
  site.drop("old.crl", text(numbered(900).sign(key("old-root"))));
  expect_problems(site.run(), "");
  ck_assert_uint_eq(site.index().section_count(), 2);
}
END_TEST

// R3: the CRLs of a generation are there when its first card is accepted, and go with its last.
START_TEST(a_generation_has_crls_before_it_is_accepted) {
  const Blob name = person_name("ORGANIZATION CA");
  for (const auto& crl : {signed_crl(7), full_crl(name).sign(key("signer"))}) {
    Site site;
    site.anchors.front().accept_from = kNow + kDay;
    site.intermediates.push_back(decoded(authority(authority_name(), name, "signer").sign(key("root"))));
    site.drop("a.crl", text(crl));
    expect_problems(site.run(), "");
    ck_assert_uint_eq(site.index().section_count(), 1);
  }
  for (const auto& crl : {signed_crl(7), full_crl(name).sign(key("signer"))}) {
    Site site;
    site.anchors.front().accept_until = kNow;
    site.intermediates.push_back(decoded(authority(authority_name(), name, "signer").sign(key("root"))));
    site.drop("a.crl", text(crl));
    const Report report = site.run();
    expect_problems(report, "");
    ck_assert_uint_eq(report.remarks.size(), 1);
    expect_contains(report.remarks[0], "retired");
    expect_contains(report.remarks[0], "accept_until has passed; remove this file or its [[crl]]");
    ck_assert_uint_eq(site.index().section_count(), 0);
  }
  // Forged stays forged beside a retired generation.
  Site site;
  site.anchors.push_back(anchor(root("old-root"), "g0"));
  site.anchors.back().accept_until = kNow;
  site.drop("a.crl", text(numbered(8).sign(key("other"))));
  expect_problems(site.run(), "JPKI-705 ");
}
END_TEST

// One CA has several certificates of one name and key: of two roots, or renewed. Any that is in force will
// do.
START_TEST(a_signer_with_several_certificates_needs_one_that_holds) {
  const Blob name = person_name("ORGANIZATION CA");
  const auto made = [&](const char* by, Time until) {
    auto certificate = authority(authority_name(), name, "signer");
    certificate.not_after = until;
    return certificate.sign(key(by));
  };
  const Blob good = made("root", kNow + kDay), expired = made("root", kNow - kDay),
             retired = made("old-root", kNow + kDay), other = made("other", kNow + kDay);
  const auto run = [&](const std::vector<Blob>& certificates) {
    Site site;
    site.anchors.push_back(anchor(root("old-root"), "g0"));
    site.anchors.back().accept_until = kNow;
    for (const Blob& certificate : certificates) site.intermediates.push_back(decoded(certificate));
    site.drop("a.crl", text(full_crl(name).sign(key("signer"))));
    const Report report = site.run();
    ck_assert_uint_eq(site.index().section_count(), report.compiled);
    return report;
  };
  for (const Blob& bad : {expired, retired, other})
    for (const auto& order : {std::vector{bad, good}, {good, bad}}) {
      const Report report = run(order);
      expect_problems(report, "");
      ck_assert(report.compiled == 1 && report.remarks.empty());
    }
  // Where none holds, what can be mended is told rather than what is over.
  for (const auto& order : {std::vector{expired, retired}, {retired, expired}}) {
    const Report report = run(order);
    expect_problems(report, "JPKI-704 ");
    ck_assert(report.compiled == 0 && report.remarks.empty());
  }
  const Report report = run({retired, retired});
  expect_problems(report, "");
  ck_assert(report.compiled == 0 && report.remarks.size() == 1);
  expect_contains(report.remarks[0], "retired");
  // A path that does not hold is told rather than that another certificate of the name has another key.
  const auto another = authority(authority_name(), name, "other").sign(key("root"));
  for (const auto& order : {std::vector{another, expired}, {expired, another}})
    expect_problems(run(order), "JPKI-704 ");
}
END_TEST

START_TEST(an_anchor_of_validation_servers_has_crls_for_its_delegates) {
  const Blob name = person_name("ORGANIZATION CA");
  Site site;
  site.anchors.front().functions = {trust::Function::kCvsSigner};
  site.intermediates.push_back(decoded(authority(authority_name(), name, "signer").sign(key("root"))));
  site.drop("a.crl", text(signed_crl(7)));
  site.drop("b.crl", text(full_crl(name).sign(key("signer"))));
  expect_problems(site.run(), "");
  ck_assert_uint_eq(site.index().section_count(), 2);
}
END_TEST

}  // namespace
}  // namespace jpki::test

int main() {
  using namespace jpki::test;
  for (const char* name : {"root", "old-root", "other", "signer", "person"}) (void)key(name);
  Suite* suite = suite_create("crl_refresh_signer");
  TCase* tests = tcase_create("refresh");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, a_crl_of_nobody_is_refused);
  tcase_add_test(tests, an_anchor_for_revocation_data_alone_is_enough);
  tcase_add_test(tests, an_anchor_without_revocation_data_is_not);
  tcase_add_test(tests, an_intermediate_signs_when_its_path_holds);
  tcase_add_test(tests, a_crl_signer_that_is_no_ca);
  tcase_add_test(tests, a_signer_needs_crl_sign);
  tcase_add_test(tests, generations_of_one_name_have_series_of_their_own);
  tcase_add_test(tests, a_generation_has_crls_before_it_is_accepted);
  tcase_add_test(tests, a_signer_with_several_certificates_needs_one_that_holds);
  tcase_add_test(tests, an_anchor_of_validation_servers_has_crls_for_its_delegates);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
