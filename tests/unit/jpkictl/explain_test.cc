// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/explanations.h"
#include "tests/unit/jpkictl/site.h"

#include <set>

#include <nlohmann/json.hpp>

namespace {

using namespace jpki;
using namespace jpki::test;
using ctl::ExitStatus;

START_TEST(every_verdict_is_explained) {
  std::set<std::string> meanings;
  for (const Verdict verdict : all_verdicts()) {
    const ctl::Explanation explanation = ctl::explanation_of(verdict);
    for (const std::string text : {explanation.meaning, explanation.cause, explanation.next_step}) {
      ck_assert_msg(text.size() > 10 && text.back() == '.', "%s: \"%s\"", code_of(verdict).c_str(),
                    text.c_str());
      ck_assert_msg(text.find('\n') == std::string::npos, "%s", text.c_str());
    }
    ck_assert_msg(meanings.insert(explanation.meaning).second, "twice: %s", explanation.meaning);
  }
}
END_TEST

START_TEST(verdicts_by_name_and_code) {
  for (const Verdict verdict : all_verdicts()) {
    ck_assert(ctl::verdict_named(code_of(verdict)) == verdict);
    ck_assert(ctl::verdict_named(name_of(verdict)) == verdict);
  }
  ck_assert(ctl::verdict_named("307") == Verdict::kAnchorRetired);
  ck_assert(ctl::verdict_named("jpki-307") == Verdict::kAnchorRetired);
  ck_assert(ctl::verdict_named("Anchor-Retired") == Verdict::kAnchorRetired);
  for (const char* text : {"", "JPKI-", "999", "307x", "-307", "99999999", "anchor"})
    ck_assert_msg(!ctl::verdict_named(text), "%s", text);
}
END_TEST

START_TEST(explaining) {
  const Site site;
  const Ran one = site.run({"explain", "JPKI-307"});
  expect_status(one, ExitStatus::kGood);
  expect_contains(one.out, "JPKI-307 anchor-retired\n");
  expect_contains(one.out, "next step");
  const Ran all = site.run({"explain", "--json"});
  expect_status(all, ExitStatus::kGood);
  ck_assert_uint_eq(nlohmann::json::parse(all.out).size(), all_verdicts().size());
  const Ran none = site.run({"explain", "JPKI-999"});
  expect_status(none, ExitStatus::kCouldNotTell);
  expect_contains(none.err, "jpkictl: \"JPKI-999\" is no code");
}
END_TEST

START_TEST(command_lines) {
  const Site site;
  const Ran help = site.run({"--help"});
  expect_status(help, ExitStatus::kGood);
  for (const char* command : {"validate", "anchor", "explain", "check"}) expect_contains(help.out, command);
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{}, {"frobnicate"}, {"explain", "--frobnicate"}, {"anchor"}, {"validate"}}) {
    const Ran ran = site.run(wrong);
    expect_status(ran, ExitStatus::kCouldNotTell);
    expect_contains(ran.err, "run: jpkictl --help");
    expect_text(ran.out, "");
  }
}
END_TEST

START_TEST(exit_statuses) {
  ck_assert(ctl::status_of(Verdict::kAccepted) == ExitStatus::kGood);
  for (const Verdict verdict : {Verdict::kCertificateMalformed, Verdict::kKindNotAllowed, Verdict::kRevoked})
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
       {every_verdict_is_explained, verdicts_by_name_and_code, explaining, command_lines, exit_statuses})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  return run_suite(suite());
}
