// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What modules of PAM may answer to whom, as their manual pages say.
#include "jpkictl/setup/persons.h"

#include "tests/unit/support/check_main.h"

#include <sstream>

#include <security/pam_modules.h>

namespace {

using namespace jpki;
using namespace jpki::ctl::setup;
namespace pam = jpki::ctl::pam;
using pam::Facility;

pam::Step step_of(const std::string& line) {
  std::istringstream words(line);
  pam::Step step;
  words >> step.module;
  for (std::string word; words >> word;) step.options.push_back(word);
  return step;
}
using Codes = std::vector<int>;

// pam_succeed_if(8), for root and for the accounts of the staff, which begin at 1000.
START_TEST(conditions_hold_or_not_or_it_depends) {
  const Codes yes{PAM_SUCCESS};
  const Codes no{PAM_AUTH_ERR};
  const Codes either{PAM_SUCCESS, PAM_AUTH_ERR};
  const struct {
    const char* condition;
    Codes root, staff;
  } kRows[] = {{"uid eq 0", yes, no},
               {"uid eq 1", no, no},
               {"uid eq 999", no, no},
               {"uid eq 1000", no, either},
               {"uid ne 0", no, yes},
               {"uid ne 999", yes, yes},
               {"uid ne 1000", yes, either},
               {"uid lt 0", no, no},
               {"uid lt 1", yes, no},
               {"uid lt 1000", yes, no},
               {"uid lt 1001", yes, either},
               {"uid le 0", yes, no},
               {"uid le 999", yes, no},
               {"uid le 1000", yes, either},
               {"uid gt 0", no, yes},
               {"uid gt 999", no, yes},
               {"uid gt 1000", no, either},
               {"uid ge 0", yes, yes},
               {"uid ge 1", no, yes},
               {"uid ge 1000", no, yes},
               {"uid ge 1001", no, either},
               {"uid in 0:1", either, either},
               {"uid eq 0x", either, either},
               {"uid eq x", either, either},
               {"user = root", yes, no},
               {"user != root", no, yes},
               {"user = taro", no, either},
               {"user != taro", yes, either},
               {"user in root:taro", either, either},
               {"group = root", either, either},
               {"quiet uid eq 0 debug", yes, no},
               {"", either, either},
               {"quiet", either, either},
               {"uid eq", either, either},
               {"uid eq 0 user", either, no},
               {"uid ge 1000 user != root", no, yes},
               {"user != root uid ge 1000", no, yes},
               {"uid ge 1000 user = taro", no, either},
               {"user = taro uid ge 1000", no, either},
               {"group = staff uid eq 0", either, no}};
  for (const auto& row : kRows)
    for (const Facility facility : {Facility::kAuth, Facility::kAccount}) {
      const pam::Step step = step_of(std::string("pam_succeed_if.so ") + row.condition);
      ck_assert_msg(codes_of(step, facility, {.root = true}) == row.root, "root: %s", row.condition);
      ck_assert_msg(codes_of(step, facility, {.card = true}) == row.staff, "staff: %s", row.condition);
    }
}
END_TEST

START_TEST(modules_answer_by_their_options) {
  const Person nobody;
  const Person root{.root = true, .password = true};
  const Person card{.card = true};
  const Person refused{.refused = true};
  const Codes yes{PAM_SUCCESS};
  const Codes no{PAM_AUTH_ERR};
  const Codes refusal{PAM_AUTH_ERR, PAM_MAXTRIES, PAM_CRED_INSUFFICIENT, PAM_USER_UNKNOWN};
  Codes refusal_or_passed = refusal;
  refusal_or_passed.push_back(PAM_IGNORE);
  const struct {
    const char* line;
    Person person;
    Codes codes;
  } kAuth[] = {{"pam_jpki.so", card, yes},
               {"pam_jpki.so only_unnamed", card, {PAM_SUCCESS, PAM_IGNORE}},
               {"pam_jpki.so", refused, refusal},
               {"pam_jpki.so ignore_unknown_user", refused, refusal_or_passed},
               {"pam_jpki.so", nobody, {PAM_AUTHINFO_UNAVAIL}},
               {"pam_jpki.so ignore_authinfo_unavail", nobody, {PAM_IGNORE}},
               {"pam_jpki.so", root, {PAM_USER_UNKNOWN}},
               {"pam_jpki.so ignore_unknown_user", root, {PAM_IGNORE}},
               {"pam_jpki.so presence", nobody, {PAM_AUTH_ERR, PAM_SUCCESS}},
               {"pam_jpki.so recent", nobody, {PAM_AUTH_ERR, PAM_SUCCESS}},
               {"pam_jpki.so emergency", nobody, {PAM_AUTH_ERR, PAM_AUTHINFO_UNAVAIL}},
               {"pam_jpki.so emergency ignore_authinfo_unavail", nobody, {PAM_AUTH_ERR, PAM_IGNORE}},
               {"pam_jpki.so register", nobody, no},
               {"pam_jpki.so register", refused, {PAM_AUTH_ERR, PAM_IGNORE}},
               {"pam_jpki.so register", {.root = true, .refused = true}, no},
               {"/lib/security/pam_unix.so", {.password = true}, yes},
               {"pam_unix.so", card, {PAM_AUTH_ERR, PAM_USER_UNKNOWN, PAM_AUTHINFO_UNAVAIL}},
               {"pam_fprintd.so", {.factor = true}, yes},
               {"pam_fprintd.so", card, no},
               {"pam_of_somebody.so", {.unknown = true}, yes},
               {"pam_of_somebody.so", card, no},
               {"pam_rootok.so", root, yes},
               {"pam_rootok.so", card, no},
               {"pam_nologin.so", card, {PAM_IGNORE}},
               {"pam_nologin.so successok", card, yes},
               {"pam_wheel.so", card, {PAM_IGNORE, PAM_PERM_DENIED}},
               {"pam_wheel.so trust", card, {PAM_SUCCESS, PAM_PERM_DENIED}},
               {"pam_faillock.so preauth", card, {PAM_IGNORE}},
               {"pam_faillock.so authfail", card, no},
               {"pam_faillock.so authsucc", card, yes},
               {"pam_permit.so", nobody, yes},
               {"pam_deny.so", card, no}};
  for (const auto& row : kAuth)
    ck_assert_msg(codes_of(step_of(row.line), Facility::kAuth, row.person) == row.codes, "%s", row.line);
  const Person disabled{.card = true, .account_refused = true};
  const Codes depends{PAM_SUCCESS, PAM_PERM_DENIED};
  const struct {
    const char* line;
    Person person;
    Codes codes;
  } kAccount[] = {{"pam_jpki.so", card, yes},
                  {"pam_jpki.so", disabled, {PAM_ACCT_EXPIRED, PAM_PERM_DENIED}},
                  {"pam_unix.so", disabled, yes},
                  {"pam_deny.so", card, {PAM_ACCT_EXPIRED}},
                  {"pam_nologin.so", card, {PAM_IGNORE}},
                  {"pam_localuser.so", card, depends},
                  {"pam_access.so", card, depends},
                  {"pam_time.so", card, depends}};
  for (const auto& row : kAccount)
    ck_assert_msg(codes_of(step_of(row.line), Facility::kAccount, row.person) == row.codes, "%s", row.line);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("persons before a stack");
  TCase* all = tcase_create("all");
  tcase_add_test(all, conditions_hold_or_not_or_it_depends);
  tcase_add_test(all, modules_answer_by_their_options);
  suite_add_tcase(suite, all);
  return test::run_suite(suite);
}
