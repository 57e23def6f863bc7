// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a login reads out of the compiled index: the CRLs of the certificate and those of CRL signers.
#include "validator/revocation/indexed_crls.h"

#include "tests/unit/validator/crl_fixture.h"
#include "tests/unit/validator/crl_index_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace jpki::test {
namespace {

struct Login {
  TemporaryDirectory directory;
  trust::TrustStore anchors = store_of(root());
  std::vector<x509::Certificate> pool;

  x509::Certificate leaf = decoded(person().sign(key("root")));

  void compile(const std::vector<Blob>& crls, const std::vector<std::string>& keys = {}) const {
    static_cast<void>(test::compile(directory.path("crl.idx"), crls, keys));
    const timespec written[] = {{0, UTIME_OMIT}, {kNow.time_since_epoch().count(), 0}};
    ck_assert_int_eq(::utimensat(AT_FDCWD, directory.path("crl.idx").c_str(), written, 0), 0);
  }
  revocation::IndexedCrls open() const { return {directory.path("crl.idx"), pool, anchors, {}, own_files()}; }
  crl::Finding ask(Time now = kNow) const {
    const auto crls = open();
    const x509::Certificate* const chain[] = {&anchors.front().certificate};
    return crls.find(leaf, chain, anchors.front(), now);
  }
  void expect(Standing standing, const std::string& clause = "") const {
    const crl::Finding finding = ask();
    ck_assert_msg(finding.standing == standing, "%d: %s", static_cast<int>(finding.standing),
                  finding.clause.c_str());
    expect_contains(finding.clause, clause);
  }
};

START_TEST(an_index_that_cannot_be_used_says_what_to_run) {
  const Login login;
  login.expect(Standing::kNotCovered, "; run: jpki-crl-refresh");
  ck_assert(login.open().index() == nullptr && login.open().problem().standing == Standing::kNotCovered);
  login.directory.write("crl.idx", "junk", std::filesystem::perms(0600));
  login.expect(Standing::kBroken, "; rebuild it: jpki-crl-refresh --rebuild");
  ck_assert(login.open().problem().clause.ends_with("--rebuild"));  // one remedy
  std::filesystem::remove(login.directory.path("crl.idx"));
  login.compile({full_crl().sign(key("root"))});
  ck_assert(login.open().index() != nullptr);
  login.expect(Standing::kGood);
  std::filesystem::permissions(login.directory.path("crl.idx"), std::filesystem::perms(0644));
  login.expect(Standing::kBroken, "crl.idx");
}
END_TEST

START_TEST(the_crls_of_the_certificate_decide) {
  const Login login;
  login.compile({city_crl("Chiyoda CRLDP").sign(key("root"))});
  login.expect(Standing::kGood);
  login.compile({city_crl("Osaka CRLDP").sign(key("root"))});
  login.expect(Standing::kNotCovered);
  login.compile({full_crl().revoke(kPersonSerial, kNow - kDay).sign(key("root"))});
  login.expect(Standing::kRevoked);
}
END_TEST

// An indirect CRL by a key that is no CA's: what the index says of the signer itself is asked as well.
START_TEST(a_signer_out_of_the_pool_has_a_status_of_its_own) {
  Login login;
  const Blob name = person_name("CRL SIGNER");
  auto signer = builder(authority_name(), name, key("signer"));
  signer.serial = {0x21};
  signer.add(pki::key_usage({pki::KeyUsage::kCrlSign}))
      .add(pki::crl_distribution_points({partition("signers")}));
  login.pool.push_back(decoded(signer.sign(key("root"))));
  auto leaf = person();
  leaf.replace(pki::crl_distribution_points_of(
      {{.name = partition("Chiyoda CRLDP"), .crl_issuer = {pki::directory_name(name)}}}));
  login.leaf = decoded(leaf.sign(key("root")));
  const Blob by_signer = full_crl(name)
                             .add(pki::issuing_distribution_point(
                                 {.distribution_point = partition("Chiyoda CRLDP"), .indirect_crl = true}))
                             .sign(key("signer"));
  const std::vector<std::string> keys{"signer", "root"};
  login.compile({by_signer}, keys);
  login.expect(Standing::kBroken, "status");
  login.compile({by_signer, city_crl("signers").sign(key("root"))}, keys);
  login.expect(Standing::kGood);
  login.compile({by_signer, city_crl("signers").revoke(Blob{0x21}, kNow - kDay).sign(key("root"))}, keys);
  login.expect(Standing::kBroken);
}
END_TEST

START_TEST(a_fresh_crl_of_the_own_generation_is_good) {
  const Login login;
  login.compile({full_crl().sign(key("root"))});
  ck_assert(login.ask().standing == Standing::kGood);
}
END_TEST

// A clock that was set back does not make an old CRL fresh.
START_TEST(a_clock_behind_the_index_is_told) {
  const Login login;
  auto early = full_crl();
  early.this_update = kNow - kDay;
  login.compile({early.sign(key("root"))});
  ck_assert(login.ask(kNow - std::chrono::minutes(5)).standing == Standing::kGood);
  const auto finding = login.ask(kNow - std::chrono::minutes(6));
  ck_assert(finding.standing == Standing::kBroken);
  expect_contains(finding.clause, "clock is slow");
  const revocation::IndexedCrls crls = login.open();
  ck_assert(!crls.clock_is_behind(kNow - std::chrono::minutes(5)));
  ck_assert(crls.clock_is_behind(kNow - std::chrono::minutes(6)));
}
END_TEST

// The index says when it was written, but a slow clock may have written it: its CRLs tell too.
START_TEST(a_clock_behind_a_crl_of_the_index_is_told) {
  const Login login;
  auto late = city_crl("Chiyoda CRLDP");
  late.this_update = kNow + std::chrono::minutes(5);
  login.compile({full_crl().sign(key("root")), late.sign(key("root"))});
  ck_assert(login.ask().standing == Standing::kGood && !login.ask().from_future);
  const auto finding = login.ask(kNow - std::chrono::seconds(1));
  ck_assert(finding.standing == Standing::kBroken && finding.from_future);
  expect_contains(finding.clause, "clock is slow");
  // By another generation's key it is nobody's word.
  login.compile({full_crl().sign(key("root")), late.sign(key("old-root"))}, {"root", "old-root"});
  ck_assert(login.ask(kNow - std::chrono::seconds(1)).standing == Standing::kGood);
}
END_TEST

// No clock makes a revocation undone.
START_TEST(what_is_revoked_stays_so_behind_a_slow_clock) {
  const Login login;
  login.compile({full_crl().revoke(kPersonSerial, kNow - kDay).sign(key("root"))});
  for (const auto back : {std::chrono::hours(1), std::chrono::hours(7)})
    ck_assert(login.ask(kNow - back).standing == Standing::kRevoked);
  login.compile({full_crl().revoke(kPersonSerial, kNow - kDay, kCertificateHold).sign(key("root"))});
  ck_assert(login.ask(kNow - std::chrono::hours(1)).on_hold);
  // Nothing but that is taken from a CRL of the future.
  ck_assert(login.ask(kNow - std::chrono::hours(7)).standing == Standing::kBroken);
}
END_TEST

// R3: the link certificate between two generations gives the CRLs of the retired one to no card.
START_TEST(a_retired_generation_vouches_for_nobody) {
  Login login;
  auto link = authority(authority_name(), authority_name(), "old-root");
  link.serial = {0x44};
  login.pool.push_back(decoded(link.sign(key("root"))));
  const Blob old_crl =
      full_crl().add(pki::authority_key_identifier(key("old-root").key_identifier())).sign(key("old-root"));
  const Blob of_authorities = scoped_crl({.only_contains_ca_certs = true}).sign(key("root"));
  login.compile({old_crl, of_authorities}, {"old-root", "root"});
  ck_assert(login.ask().standing == Standing::kGood);
  login.anchors.push_back(anchor(root("old-root"), "old"));
  ck_assert(login.ask().standing == Standing::kNotCovered);
}
END_TEST

}  // namespace
}  // namespace jpki::test

int main() {
  using namespace jpki::test;
  for (const char* name : {"root", "old-root", "signer", "person"}) (void)key(name);
  Suite* suite = suite_create("indexed_crls");
  TCase* tests = tcase_create("login");
  tcase_add_test(tests, an_index_that_cannot_be_used_says_what_to_run);
  tcase_add_test(tests, the_crls_of_the_certificate_decide);
  tcase_add_test(tests, a_signer_out_of_the_pool_has_a_status_of_its_own);
  tcase_add_test(tests, a_fresh_crl_of_the_own_generation_is_good);
  tcase_add_test(tests, a_clock_behind_the_index_is_told);
  tcase_add_test(tests, a_clock_behind_a_crl_of_the_index_is_told);
  tcase_add_test(tests, what_is_revoked_stays_so_behind_a_slow_clock);
  tcase_add_test(tests, a_retired_generation_vouches_for_nobody);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
