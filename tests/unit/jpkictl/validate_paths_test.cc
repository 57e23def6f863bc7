// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl validate where more than one path is valid: it takes and tells the one that a login takes.
#include "tests/unit/jpkictl/site.h"
#include "tests/unit/validator/crl_fixture.h"

#include <nlohmann/json.hpp>

namespace {

using namespace jpki;
using namespace jpki::test;
using ctl::ExitStatus;

// An authority that two roots certify; each root has a CRL about its own certificate of it.
struct TwoRoots : Site {
  const Blob other = pki::distinguished_name({pki::country("JP"), pki::common_name("Other Root")});
  const Blob middle = pki::distinguished_name({pki::country("JP"), pki::organization("Organization CA")});

  TwoRoots() {
    add_anchor("g1", root());
    add_anchor("other", authority(other, other, "impostor").sign(key("impostor")));
    directory.write("intermediates.d/a.crt", as_text(certificate(authority_name(), "root", 0x01)));
    directory.write("intermediates.d/b.crt", as_text(certificate(other, "impostor", 0x02)));
    directory.write("card.der", as_text(person(middle, "middle").sign(key("middle"))));
    crl("lower.crl", full_crl(middle), "middle");
  }
  Blob certificate(const Blob& issuer, const std::string& signer, std::uint8_t serial) const {
    auto ca = authority(issuer, middle, "middle");
    ca.serial = {serial};
    return ca.sign(key(signer));
  }
  std::string crl(const std::string& name, const pki::CrlBuilder& builder,
                  const std::string& signer = "root") const {
    return directory.write(name, as_text(builder.sign(key(signer))));
  }
  static pki::CrlBuilder listing(const Blob& issuer, std::uint8_t serial) {
    auto builder = full_crl(issuer);
    builder.revoke(Blob{serial}, builder.this_update - kDay);
    return builder;
  }
  nlohmann::json judged(const std::vector<std::string>& crls, ExitStatus status,
                        const std::string& code) const {
    std::vector<std::string> command{"validate", directory.path("card.der"), "--json", "--show-names",
                                     "--crl",    directory.path("lower.crl")};
    for (const std::string& name : crls) command.insert(command.end(), {"--crl", name});
    const Ran ran = run(command);
    expect_status(ran, status);
    auto report = nlohmann::json::parse(ran.out);
    expect_text(report["code"].get<std::string>(), code);
    return report;
  }
};

// As a login: one certificate of an authority that is revoked does not end the other.
START_TEST(a_second_certificate_of_an_authority) {
  const TwoRoots bench;
  const std::string first = bench.crl("first.crl", TwoRoots::listing(authority_name(), 0x01));
  const std::string second = bench.crl("second.crl", full_crl(bench.other), "impostor");
  const auto good = bench.judged({first, second}, ExitStatus::kGood, "JPKI-000");
  ck_assert(good["anchor"] == "other" && good["path"].size() == 3 && good["tried"].empty());
  ck_assert(good["evidence"].size() == 2);
  expect_contains(good["path"][2]["subject"].get<std::string>(), "Other Root");
  // Where nothing is known of the other one, that is what there is to do something about.
  const auto unknown = bench.judged({first}, ExitStatus::kCouldNotTell, "JPKI-402");
  ck_assert(unknown["anchor"] == "other" && unknown["tried"].size() == 2);
  ck_assert(unknown["tried"][0]["code"] == "JPKI-406" && unknown["tried"][1]["code"] == "JPKI-402");
  ck_assert(unknown["tried"][1]["anchor"] == "other" && unknown["tried"][1]["length"] == 3);
}
END_TEST

START_TEST(anchor_path_and_clause_are_of_one_path) {
  const TwoRoots bench;
  const std::string first = bench.crl("first.crl", TwoRoots::listing(authority_name(), 0x01));
  auto older = TwoRoots::listing(bench.other, 0x02);
  older.this_update = kNow - 2 * kDay;
  const std::string second = bench.crl("second.crl", older, "impostor");
  const auto refused = bench.judged({first, second}, ExitStatus::kBad, "JPKI-406");
  ck_assert(refused["anchor"] == "g1" && refused["tried"].size() == 2 && refused["path"].size() == 3);
  ck_assert(refused["clause"] == refused["tried"][0]["clause"] && refused["tried"][0]["anchor"] == "g1");
  expect_contains(refused["clause"].get<std::string>(), "<1d old, depth 1");
  expect_contains(refused["tried"][1]["clause"].get<std::string>(), "<7d old, depth 1");
  expect_contains(refused["path"][2]["subject"].get<std::string>(), "JPKI-TEST");
  ck_assert(refused["evidence"].empty());
  // The card itself on its CRL: told of the path that was looked at first.
  auto lower = full_crl(bench.middle);
  lower.revoke(kPersonSerial, kNow - kDay);
  bench.crl("lower.crl", lower, "middle");
  const std::string good = bench.crl("second.crl", full_crl(bench.other), "impostor");
  const auto card = bench.judged({good}, ExitStatus::kBad, "JPKI-401");
  ck_assert(card["anchor"] == "g1" && card["tried"].size() == 1 && card["path"].size() == 3);
  expect_contains(card["clause"].get<std::string>(), "depth 0");
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("jpkictl-validate-paths");
  TCase* tc = tcase_create("validate-paths");
  for (const auto* test : {a_second_certificate_of_an_authority, anchor_path_and_clause_are_of_one_path})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "impostor", "middle"}) key(name);
  return run_suite(suite());
}
