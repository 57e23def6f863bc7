// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl validate: options, installation and report. What decides is tested where it lives.
#include "tests/unit/jpkictl/site.h"

#include <nlohmann/json.hpp>

namespace {

using namespace jpki;
using namespace jpki::test;
using ctl::ExitStatus;

struct Bench : Site {
  Bench() {
    directory.write("card.der", as_text(person().sign(key("root"))));
    directory.write("root.pem", ctl::to_pem(root()));
    directory.write("other.pem", ctl::to_pem(root("impostor")));
  }
  Ran validate(const std::string& file, std::vector<std::string> more = {}) const {
    std::vector<std::string> command{"validate", directory.path(file), "--no-revocation"};
    command.insert(command.end(), more.begin(), more.end());
    return run(std::move(command));
  }
  std::string file(const std::string& name) const { return directory.path(name); }
};

START_TEST(against_the_anchors_of_the_command_line) {
  const Bench bench;
  const Ran good = bench.validate("card.der", {"--anchor", bench.file("root.pem")});
  expect_status(good, ExitStatus::kGood);
  expect_contains(good.out, "JPKI-000 accepted");
  expect_contains(good.out, "anchor      root");
  const Ran bad = bench.validate("card.der", {"--anchor", bench.file("other.pem")});
  expect_status(bad, ExitStatus::kBad);
  expect_contains(bad.out, "JPKI-302 certificate-untrusted: ");
  expect_contains(bad.out, "next step");
  expect_contains(bad.out, "paths tried:");
}
END_TEST

START_TEST(against_the_installation) {
  const Bench bench;
  expect_contains(bench.validate("card.der").err, "no anchors");
  bench.add_anchor("g1", root(), "accept_until = 2025-01-01T00:00:00+09:00\n");
  expect_status(bench.validate("card.der"), ExitStatus::kGood);
  const Ran late = bench.validate("card.der", {"--time", "2025-01-01T00:00:00+09:00"});
  expect_status(late, ExitStatus::kBad);
  expect_contains(late.out, "JPKI-307 anchor-retired: ");
  expect_contains(late.out, "g1");
  expect_status(bench.validate("card.der", {"--time", "2024-12-31T23:59:59+09:00"}), ExitStatus::kGood);
}
END_TEST

START_TEST(over_intermediates) {
  const Bench bench;
  const Blob name = pki::distinguished_name({pki::country("JP"), pki::organization("Organization CA")});
  const Blob middle = authority(authority_name(), name, "middle").sign(key("root"));
  bench.directory.write("card.pem", ctl::to_pem(person(name, "middle").sign(key("middle"))));
  bench.directory.write("middle.pem", ctl::to_pem(middle));
  const std::string anchor = bench.file("root.pem");
  expect_status(bench.validate("card.pem", {"--anchor", anchor}), ExitStatus::kBad);
  expect_status(bench.validate("card.pem", {"--anchor", anchor, "--untrusted", bench.file("middle.pem")}),
                ExitStatus::kGood);
  bench.add_anchor("g1", root());
  expect_status(bench.validate("card.pem"), ExitStatus::kBad);
  bench.directory.write("intermediates.d/middle.crt", ctl::to_pem(middle));
  const Ran ran = bench.validate("card.pem", {"--json"});
  expect_status(ran, ExitStatus::kGood);
  ck_assert_uint_eq(nlohmann::json::parse(ran.out)["path"].size(), 3);
}
END_TEST

START_TEST(kinds_as_a_login) {
  const Bench bench;
  bench.add_anchor("g1", root());
  bench.directory.write("other.der",
                        as_text(person().remove(pki::oid::kCertificatePolicies).sign(key("root"))));
  const Ran refused = bench.validate("other.der");
  expect_status(refused, ExitStatus::kBad);
  expect_contains(refused.out, "JPKI-328 ");
  expect_status(bench.validate("other.der", {"--anchor", bench.file("root.pem")}), ExitStatus::kGood);
  expect_status(bench.validate("card.der", {"--kind", "jpki-authentication"}), ExitStatus::kGood);
  expect_contains(bench.validate("card.der", {"--kind", "lgpki-user"}).out, "JPKI-329");
  expect_status(bench.validate("card.der", {"--kind", "nonsense"}), ExitStatus::kCouldNotTell);
}
END_TEST

START_TEST(policies) {
  const Bench bench;
  const std::string anchor = bench.file("root.pem");
  const auto with = [&](std::vector<std::string> options) {
    options.insert(options.end(), {"--anchor", anchor});
    return bench.validate("card.der", std::move(options));
  };
  expect_status(with({"--policy", kAuthPolicy, "--explicit-policy"}), ExitStatus::kGood);
  expect_contains(with({"--policy", "1.2.3", "--explicit-policy"}).out, "JPKI-306");
  expect_status(with({"--policy", "1.2.3", "--policy", kAuthPolicy, "--explicit-policy"}), ExitStatus::kGood);
  expect_status(with({"--policy", "any"}), ExitStatus::kCouldNotTell);
}
END_TEST

START_TEST(weak_signatures) {
  const Bench bench;
  auto builder = person();
  builder.signature.digest = pki::Digest::kSha1;
  bench.directory.write("old.der", as_text(builder.sign(key("root"))));
  const std::string anchor = bench.file("root.pem");
  expect_contains(bench.validate("old.der", {"--anchor", anchor}).out, "JPKI-308");
  expect_status(bench.validate("old.der", {"--anchor", anchor, "--allow-sha1"}), ExitStatus::kGood);
}
END_TEST

START_TEST(files_that_are_none) {
  const Bench bench;
  const std::string anchor = bench.file("root.pem");
  bench.directory.write("junk.der", "junk");
  const Ran junk = bench.validate("junk.der", {"--anchor", anchor, "--json"});
  expect_status(junk, ExitStatus::kBad);
  ck_assert(nlohmann::json::parse(junk.out)["code"] == "JPKI-301");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"validate", bench.file("missing.der"), "--anchor", anchor},
        {"validate", bench.file("card.der"), "--anchor", bench.file("missing.pem")},
        {"validate", bench.file("card.der"), "--anchor", anchor, "--untrusted", bench.file("junk.der")},
        {"validate", bench.file("card.der"), "--anchor", anchor, "--time", "noon"}}) {
    const Ran ran = bench.run(command);
    expect_status(ran, ExitStatus::kCouldNotTell);
    ck_assert(ran.err.starts_with("jpkictl: ") && ran.out.empty());
  }
}
END_TEST

// Subject, serial and expiry identify a person.
START_TEST(names_only_when_asked_for) {
  const Bench bench;
  const std::string anchor = bench.file("root.pem");
  for (const char* format : {"--json", "--inhibit-any"}) {
    const Ran hidden = bench.validate("card.der", {"--anchor", anchor, format});
    for (const char* secret : {"AB12CD34EF56GH", "13101003A", "Chiyoda", "8f0102", "2025-06-01"})
      expect_absent(hidden.out, secret);
    expect_contains(bench.validate("card.der", {"--anchor", anchor, format, "--show-names"}).out,
                    "AB12CD34EF56GH13101003A");
  }
}
END_TEST

START_TEST(json_of_a_good_and_a_bad_one) {
  const Bench bench;
  const auto good =
      nlohmann::json::parse(bench.validate("card.der", {"--anchor", bench.file("root.pem"), "--json"}).out);
  ck_assert(good["code"] == "JPKI-000" && good["name"] == "accepted" && good["anchor"] == "root");
  ck_assert(good["kind"] == "jpki-authentication" && good["path"].size() == 2 && good["tried"].empty());
  ck_assert(good["path"][1]["role"] == "anchor" && good["path"][1]["depth"] == 1);
  const auto bad =
      nlohmann::json::parse(bench.validate("card.der", {"--anchor", bench.file("other.pem"), "--json"}).out);
  ck_assert(bad["code"] == "JPKI-302" && bad["anchor"].is_null() && bad["clause"].is_string());
}
END_TEST

START_TEST(without_evidence_it_could_not_be_told) {
  const Bench bench;
  const Ran ran = bench.run({"validate", bench.file("card.der"), "--anchor", bench.file("root.pem")});
  expect_status(ran, ExitStatus::kCouldNotTell);
  expect_contains(ran.out, "JPKI-402 revocation-unknown: ");
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("jpkictl-validate");
  TCase* tc = tcase_create("validate");
  tcase_set_timeout(tc, 60);
  for (const auto* test :
       {against_the_anchors_of_the_command_line, against_the_installation, over_intermediates,
        kinds_as_a_login, policies, weak_signatures, files_that_are_none, names_only_when_asked_for,
        json_of_a_good_and_a_bad_one, without_evidence_it_could_not_be_told})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "impostor", "middle"}) key(name);
  return run_suite(suite());
}
