// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/directory/problem.h"
#include "tests/unit/jpkictl/site.h"

#include <set>

#include <nlohmann/json.hpp>

namespace {

using namespace jpki;
using namespace jpki::test;
using ctl::ExitStatus;

// Every code, explained in sentences of its own.
START_TEST(every_code_is_explained) {
  const Site site;
  const auto all = nlohmann::json::parse(site.run({"explain", "--json"}).out);
  std::set<std::string> seen;
  for (const auto& entry : all) {
    const auto code = entry["code"].get<std::string>();
    for (const char* part : {"meaning", "cause", "next_step"}) {
      const auto text = entry[part].get<std::string>();
      ck_assert_msg(text.size() > 10 && text.back() == '.' && text.find('\n') == std::string::npos,
                    "%s: \"%s\"", code.c_str(), text.c_str());
    }
    for (const char* part : {"code", "name", "meaning"}) {
      const auto text = entry[part].get<std::string>();
      ck_assert_msg(seen.insert(text).second, "twice: %s", text.c_str());
    }
  }
  for (const Verdict verdict : all_verdicts())
    ck_assert_msg(seen.contains(code_of(verdict)), "%s", code_of(verdict).c_str());
  for (const ad::ObjectProblem problem : ad::all_object_problems())
    ck_assert_msg(seen.contains(code_of(problem)), "%s", code_of(problem).c_str());
  for (const char* code : {"JPKI-701", "JPKI-714", "JPKI-721", "JPKI-723", "JPKI-801", "JPKI-808", "JPKI-809",
                           "JPKI-811", "JPKI-817"})
    ck_assert_msg(seen.contains(code), "%s", code);
}
END_TEST

START_TEST(by_name_and_code) {
  const Site site;
  const std::pair<const char*, const char*> rows[] = {
      {"JPKI-307", "JPKI-307"},       {"307", "JPKI-307"},      {"jpki-307", "JPKI-307"},
      {"Anchor-Retired", "JPKI-307"}, {"jpki-710", "JPKI-710"}, {"AD-clock", "JPKI-805"}};
  for (const auto& [text, code] : rows) {
    const Ran ran = site.run({"explain", text});
    expect_status(ran, ExitStatus::kGood);
    expect_contains(ran.out, std::string(code) + " ");
  }
  for (const char* text : {"", "JPKI-", "999", "307x", "99999999", "anchor", "724", "843"})
    expect_status(site.run({"explain", text}), ExitStatus::kCouldNotTell);
}
END_TEST

START_TEST(explaining) {
  const Site site;
  const Ran one = site.run({"explain", "JPKI-307"});
  expect_status(one, ExitStatus::kGood);
  expect_contains(one.out, "JPKI-307 anchor-retired\n");
  expect_contains(one.out, "next step");
  const Ran two = site.run({"explain", "JPKI-705", "803"});
  expect_contains(two.out, "JPKI-705 crl-signature-invalid\n");
  expect_contains(two.out, "JPKI-803 ad-tls\n");
  const Ran none = site.run({"explain", "JPKI-999"});
  expect_status(none, ExitStatus::kCouldNotTell);
  expect_contains(none.err, "jpkictl: \"JPKI-999\" is not a code");
}
END_TEST

START_TEST(command_lines) {
  const Site site;
  const Ran help = site.run({"--help"});
  expect_status(help, ExitStatus::kGood);
  for (const char* command : {"validate", "anchor", "explain", "check", "doctor"})
    expect_contains(help.out, command);
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{}, {"frobnicate"}, {"explain", "--frobnicate"}, {"anchor"}, {"validate"}}) {
    const Ran ran = site.run(wrong);
    expect_status(ran, ExitStatus::kUsage);
    expect_contains(ran.err, "run: jpkictl");
    expect_contains(ran.err, " --help");
    expect_text(ran.out, "");
  }
  const auto told = [&](const std::vector<std::string>& wrong) { return site.run(wrong).err; };
  expect_text(told({"valdate", "x"}), "jpkictl: jpkictl has no command \"valdate\"; run: jpkictl --help\n");
  expect_text(told({"--config", "x", "anchor", "--json", "lst"}),
              "jpkictl: jpkictl anchor has no command \"lst\"; run: jpkictl anchor --help\n");
  expect_contains(told({"anchor"}), "run: jpkictl anchor --help");
  expect_contains(told({"validate"}), "run: jpkictl validate --help");
  const Ran version = site.run({"--version"});
  expect_status(version, ExitStatus::kGood);
  expect_text(version.out, PACKAGE_STRING "\n");
  expect_contains(site.run({"anchor", "list", "--help"}).out, "--json");
}
END_TEST

START_TEST(exit_statuses) {
  ck_assert(ctl::status_of(Verdict::kAccepted) == ExitStatus::kGood);
  for (const Verdict verdict : {Verdict::kCertificateMalformed, Verdict::kKindNotAllowed,
                                Verdict::kIssuerExpired, Verdict::kRevoked, Verdict::kIssuerRevoked})
    ck_assert(ctl::status_of(verdict) == ExitStatus::kBad);
  for (const Verdict verdict : {Verdict::kRevocationUnknown, Verdict::kRevocationStale,
                                Verdict::kRevocationInvalid, Verdict::kAnchorsInvalid, Verdict::kInternal})
    ck_assert(ctl::status_of(verdict) == ExitStatus::kCouldNotTell);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("jpkictl-explain");
  TCase* tc = tcase_create("explain");
  for (const auto* test :
       {every_code_is_explained, by_name_and_code, explaining, command_lines, exit_statuses})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  return run_suite(suite());
}
