// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl validate with the sources of jpki.toml: it says what a login at that time would.
#include "tests/unit/jpkictl/site.h"
#include "tests/unit/validator/crl_fixture.h"
#include "tests/unit/validator/crl_index_fixture.h"
#include "tests/unit/validator/ocsp_fixture.h"

#include <nlohmann/json.hpp>

namespace {

using namespace jpki;
using namespace jpki::test;
using ctl::ExitStatus;

constexpr char kByDay[] =
    "[[revocation.source]]\nname = \"platform\"\ntype = \"ocsp\"\nhours = [\"08:30-17:15\"]\n";
constexpr char kByNight[] =
    "[[revocation.source]]\nname = \"list\"\ntype = \"crl\"\nhours = [\"17:15-08:30\"]\n";
constexpr char kNight[] = "2024-06-01T20:00:00+09:00";  // kNow is 09:00 of that day

struct Bench : Site {
  explicit Bench(const std::string& sources) {
    directory.write("card.der", as_text(person().sign(key("root"))));
    add_anchor("g1", root());
    compile(directory.path("crl.idx"), {full_crl().sign(key("root"))});
    std::filesystem::create_directory(directory.path("jpki.toml.d"));
    directory.write("jpki.toml.d/sources.toml", sources);
  }
  Ran validate(std::vector<std::string> more = {}) const {
    std::vector<std::string> command{"validate", directory.path("card.der"), "--json"};
    command.insert(command.end(), more.begin(), more.end());
    return run(std::move(command));
  }
  std::string ocsp(const Blob& status = tocsp::good()) const {
    return directory.write("answer.ors", as_text(response(single(status)).sign(key("root"))));
  }
};

void expect_code(const Ran& ran, ExitStatus status, const std::string& code) {
  expect_status(ran, status);
  expect_text(nlohmann::json::parse(ran.out)["code"].get<std::string>(), code);
}

START_TEST(what_no_file_can_answer_could_not_be_told) {
  const Bench bench(kByDay);
  const Ran ran = bench.validate();
  expect_code(ran, ExitStatus::kCouldNotTell, "JPKI-402");
  expect_contains(ran.out, "platform: was not asked; give its answer with --ocsp");
  const Ran answered = bench.validate({"--ocsp", bench.ocsp()});
  expect_code(answered, ExitStatus::kGood, "JPKI-000");
  expect_text(nlohmann::json::parse(answered.out)["evidence"][0]["source"].get<std::string>(), "platform");
  expect_code(bench.validate({"--ocsp", bench.ocsp(tocsp::revoked(kNow - kDay))}), ExitStatus::kBad,
              "JPKI-401");
}
END_TEST

START_TEST(the_plan_of_the_time) {
  const Bench bench(std::string(kByDay) + kByNight);
  const Ran by_day = bench.validate();
  expect_code(by_day, ExitStatus::kCouldNotTell, "JPKI-402");
  expect_contains(by_day.out, "list: closed until 2024-06-01 17:15 +0900");
  const Ran by_night = bench.validate({"--time", kNight});
  expect_code(by_night, ExitStatus::kGood, "JPKI-000");
  expect_text(nlohmann::json::parse(by_night.out)["evidence"][0]["source"].get<std::string>(), "list");
  // Out of service, CRLs may still say "revoked".
  auto revoking = full_crl();
  revoking.revoke(kPersonSerial, kNow - kDay);
  compile(bench.directory.path("crl.idx"), {revoking.sign(key("root"))});
  expect_code(bench.validate({"--ocsp", bench.ocsp()}), ExitStatus::kBad, "JPKI-401");
}
END_TEST

// A login takes the CRL when the responder does not answer.
START_TEST(a_source_behind_one_that_was_not_asked) {
  const Bench bench(std::string(kByDay) + "[[revocation.source]]\nname = \"list\"\ntype = \"crl\"\n");
  expect_code(bench.validate(), ExitStatus::kGood, "JPKI-000");
}
END_TEST

START_TEST(how_old_a_crl_may_be_for_its_rule) {
  const std::string rule = "[[revocation.source]]\nname = \"list\"\ntype = \"crl\"\nmax_age_minutes = ";
  expect_code(Bench(rule + "361\n").validate(), ExitStatus::kGood, "JPKI-000");
  const Ran ran = Bench(rule + "359\n").validate();
  expect_code(ran, ExitStatus::kCouldNotTell, "JPKI-403");
  expect_contains(ran.out, "max_age_minutes");
}
END_TEST

START_TEST(segments) {
  const Bench bench(
      "[revocation]\nsegment = \"office\"\n[[revocation.source]]\nname = \"list\"\ntype = \"crl\"\n"
      "segment = \"lgwan\"\n");
  const Ran ran = bench.validate();
  expect_code(ran, ExitStatus::kCouldNotTell, "JPKI-402");
  expect_contains(ran.out, "lgwan");
}
END_TEST

START_TEST(options_that_leave_the_sources_aside) {
  const Bench bench(kByDay);
  expect_code(bench.validate({"--crl-all"}), ExitStatus::kGood, "JPKI-000");
  expect_code(bench.validate({"--no-revocation"}), ExitStatus::kGood, "JPKI-000");
  const std::string anchor = bench.directory.write("root.pem", ctl::to_pem(root()));
  const std::string crl = bench.directory.write("good.crl", as_text(full_crl().sign(key("root"))));
  expect_code(bench.validate({"--anchor", anchor, "--crl", crl}), ExitStatus::kGood, "JPKI-000");
}
END_TEST

// An intermediate is not trusted for anything: a login goes on without a spoilt one.
START_TEST(auxiliary_files_are_passed_over) {
  const Bench bench("");
  bench.directory.write("intermediates.d/x.pem", "junk");
  const Ran ran = bench.validate();
  expect_code(ran, ExitStatus::kGood, "JPKI-000");
  expect_contains(ran.err, "jpkictl: warning: " + bench.directory.path("intermediates.d/x.pem"));
  const Ran checked = bench.run({"anchor", "check"});
  expect_status(checked, ExitStatus::kGood);
  expect_contains(checked.err, "x.pem");
  const Ran forgotten = bench.run({"revocation", "forget", bench.directory.path("card.der")});
  expect_contains(forgotten.err, "x.pem");
  expect_contains(forgotten.err, "no record that it was revoked");
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("jpkictl-sources");
  TCase* tc = tcase_create("sources");
  tcase_set_timeout(tc, 60);
  for (const auto* test : {what_no_file_can_answer_could_not_be_told, the_plan_of_the_time,
                           a_source_behind_one_that_was_not_asked, how_old_a_crl_may_be_for_its_rule,
                           segments, options_that_leave_the_sources_aside, auxiliary_files_are_passed_over})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person"}) key(name);
  return run_suite(suite());
}
