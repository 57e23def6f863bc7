// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The course of a login: how long what was read holds, what ends a question, and that cards are not asked
// after they were closed.
#include "tests/unit/support/expect.h"
#include "tests/unit/validator/login_fixture.h"

#include <algorithm>

namespace {

using namespace jpki;
using namespace jpki::test;

// The PIN of an older prompt gets no VERIFY.
START_TEST(a_prompt_holds_for_310_seconds) {
  for (const auto& [typed_for, verdict] :
       {std::pair{310s, Verdict::kAccepted}, std::pair{311s, Verdict::kTimeout}}) {
    Login login;
    login.person.at_prompt = [&login, span = typed_for] { login.clock.time += span; };
    assert_verdict(login.run(), verdict);
    ck_assert_int_eq(login.token.verifies, verdict == Verdict::kAccepted);
  }
}
END_TEST

START_TEST(a_question_ends_with_its_card) {
  Login login;
  login.readers.departure = 77;
  login.token.reader_name = "Reader 03 00";
  login.person.at_prompt = [&] {
    ck_assert(login.person.ends == std::vector<int>{77});
    ck_assert(login.readers.watched == std::vector<std::string>{"Reader 03 00"});
  };
  assert_verdict(login.run(), Verdict::kAccepted);
  ck_assert((login.person.ends == std::vector<int>{77, -1}));
  Login unwatched;  // nothing tells of its leaving
  assert_verdict(unwatched.run(), Verdict::kAccepted);
  ck_assert((unwatched.person.ends == std::vector<int>{-1, -1}));
}
END_TEST

START_TEST(the_log_tells_why_there_is_no_pin) {
  for (const auto& [why, cause] : {std::pair{Verdict::kCardRemoved, "cause=\"the card left while its PIN"},
                                   std::pair{Verdict::kCancelled, "cause=\"no PIN was given\""},
                                   std::pair{Verdict::kTimeout, "cause=\"no PIN was given\""}}) {
    Login login;
    login.person.pin.reset();
    login.person.without_pin = why;
    assert_verdict(login.run(), why);
    expect_contains(login.person.log_lines.back(), cause);
    ck_assert_int_eq(login.token.verifies, 0);
  }
}
END_TEST

START_TEST(the_cards_are_closed_once) {
  Login login;
  assert_verdict(login.run(), Verdict::kAccepted);
  ck_assert_int_eq(login.readers.closes, 1);
  ck_assert_int_eq(std::ranges::count(login.person.steps, Step::kClosing), 1);
  Login refused;
  refused.person.pin = "9999";
  assert_verdict(refused.run(), Verdict::kPinIncorrect);
  ck_assert_int_eq(refused.readers.closes, 1);
}
END_TEST

// What a network answers may have the verdict of a card that was lifted.
START_TEST(closed_cards_are_not_asked_whether_they_left) {
  Login login;
  login.readers.left = true;
  login.revocation.late_refusal = Verdict::kCertificateMalformed;
  assert_verdict(login.run(), Verdict::kCertificateMalformed);
  ck_assert_int_eq(login.readers.asked_for_presence, 0);
}
END_TEST

START_TEST(nothing_is_to_be_registered_after_a_login) {
  Login login;
  const Outcome outcome = login.run();
  assert_verdict(outcome, Verdict::kAccepted);
  ck_assert(outcome.registrable.empty() && outcome.registrable_certificate.empty());
  ck_assert(!outcome.other_card && !outcome.overlap_days && !outcome.no_ticket && !outcome.ticket_required);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("course of a login");
  TCase* all = tcase_create("all");
  tcase_add_test(all, a_prompt_holds_for_310_seconds);
  tcase_add_test(all, a_question_ends_with_its_card);
  tcase_add_test(all, the_log_tells_why_there_is_no_pin);
  tcase_add_test(all, the_cards_are_closed_once);
  tcase_add_test(all, closed_cards_are_not_asked_whether_they_left);
  tcase_add_test(all, nothing_is_to_be_registered_after_a_login);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  const World made;
  world = &made;
  return jpki::test::run_suite(suite());
}
