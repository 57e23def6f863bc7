// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a directory's answer about one account says, and which answers say nothing.
#include "nss_ad/live/look_up.h"
#include "tests/unit/nss_ad/entries.h"

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::test;
using account::Live;

constexpr char kController[] = "dc1.ad.test:389";

Live judge(const std::vector<Entry>& found) {
  return live::judge(found, domain_sid(1107), kController);
}

void expect_unanswered(const Live& live) {
  ck_assert(live.kind == Live::Kind::kUnanswered);
  ck_assert_msg(live.text.starts_with(kController), "%s", live.text.c_str());
}

START_TEST(one_account) {
  Entry entry = user_entry();
  set(entry, "useraccountcontrol", {"514"});
  set(entry, "userworkstations", {"PC1,PC2"});
  const Live live = judge({entry});
  ck_assert(live.kind == Live::Kind::kState);
  ck_assert_uint_eq(live.state.user_account_control, 514);
  ck_assert_uint_eq(live.state.workstations.size(), 2);
  ck_assert(live.text == kController);
}
END_TEST

START_TEST(no_account) {
  ck_assert(judge({}).kind == Live::Kind::kGone);
}
END_TEST

START_TEST(answers_that_say_nothing) {
  expect_unanswered(judge({user_entry(), user_entry()}));
  expect_unanswered(judge({user_entry("taro", 1108)}));
  Entry computer = user_entry();
  set(computer, "useraccountcontrol", {"4096"});
  set(computer, "objectclass", {"top", "person", "organizationalPerson", "user", "computer"});
  expect_unanswered(judge({computer}));
  Entry hidden = user_entry();
  hidden.attributes.erase("useraccountcontrol");
  expect_unanswered(judge({hidden}));
  Entry odd = user_entry();
  set(odd, "logonhours", {"short"});
  expect_unanswered(judge({odd}));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("nss_ad/live");
  TCase* tests = tcase_create("live");
  tcase_add_test(tests, one_account);
  tcase_add_test(tests, no_account);
  tcase_add_test(tests, answers_that_say_nothing);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
