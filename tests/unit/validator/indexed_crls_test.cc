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

  void compile(const std::vector<Blob>& crls, const std::vector<std::string>& keys = {}) const {
    static_cast<void>(test::compile(directory.path("crl.idx"), crls, keys));
    const timespec written[] = {{0, UTIME_OMIT}, {kNow.time_since_epoch().count(), 0}};
    ck_assert_int_eq(::utimensat(AT_FDCWD, directory.path("crl.idx").c_str(), written, 0), 0);
  }
  crl::Finding ask(Time now = kNow) const {
    const revocation::IndexedCrls crls(directory.path("crl.idx"), pool, anchors, {}, own_files());
    const auto leaf = decoded(person().sign(key("root")));
    const x509::Certificate* const chain[] = {&anchors.front().certificate};
    return crls.find(leaf, chain, anchors.front(), now);
  }
};

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
  expect_contains(finding.clause, "clock is behind");
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
  for (const char* name : {"root", "old-root", "person"}) (void)key(name);
  Suite* suite = suite_create("indexed_crls");
  TCase* tests = tcase_create("login");
  tcase_add_test(tests, a_fresh_crl_of_the_own_generation_is_good);
  tcase_add_test(tests, a_clock_behind_the_index_is_told);
  tcase_add_test(tests, a_retired_generation_vouches_for_nobody);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
