// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the validator learns of a caller's sessions, and who is accepted without a PIN.
#include "tests/unit/validator/relay_login.h"

namespace {

using namespace jpki;
using namespace jpki::relay;
using namespace jpki::relay::test;

// What the caller says of its sessions is nothing; what the system says goes to the validator.
START_TEST(only_the_system_tells_of_sessions) {
  const auto of = [](const char* boot) {
    CardSession session;
    session.boot = boot;
    return session;
  };
  const CallerSessions sessions{.to_unlock = {.sessions = {of("own")}}, .cards = {.sessions = {of("bound")}}};
  Start wanted = start_of(kTaro);
  wanted.sessions = {of("forged")};
  const auto permitted = [&](const CallerSessions& from) {
    return *permitted_start(wanted, kTaro, Bounds{}, from);
  };
  ck_assert(permitted(sessions).sessions.empty() && !permitted(sessions).same_card);
  wanted.same_card = true;
  ck_assert(permitted(sessions).sessions == std::vector{of("bound")} && permitted(sessions).same_card);
  ck_assert(permitted({}).sessions.empty() && !permitted({}).same_card);
  const CallerSessions unknown{.to_unlock = {}, .cards = {.sessions = {}, .known = false}};
  ck_assert(permitted(unknown).sessions.empty() && permitted(unknown).same_card);
  for (const Purpose purpose : {Purpose::kPresence, Purpose::kRecent}) {
    wanted.purpose = purpose;
    ck_assert(permitted(sessions).sessions == std::vector{of("own")});
    ck_assert(permitted(sessions).purpose == purpose);
    ck_assert(!permitted(sessions).choices_shown && !permitted(sessions).same_card);
    ck_assert(permitted({}).sessions.empty());
  }
}
END_TEST

START_TEST(a_presence_needs_no_pin_and_gets_no_question) {
  for (const bool asks : {false, true}) {
    Login login(Bounds{});
    Start start = start_of(kTaro);
    start.purpose = Purpose::kPresence;
    login.begin(start);
    if (asks) {
      login.say(AskPin{.account = kTaro, .form = {}, .tries_left = 3, .max_tries = 3});
    } else {
      login.say(outcome_of(Verdict::kAccepted, kTaro));
    }
    const auto told = login.told();
    ck_assert(told && told->verdict == (asks ? Verdict::kHelperFailed : Verdict::kAccepted));
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("relay: sessions");
  TCase* tests = tcase_create("relay: sessions");
  tcase_add_test(tests, only_the_system_tells_of_sessions);
  tcase_add_test(tests, a_presence_needs_no_pin_and_gets_no_question);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
