// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/pin_guard.h"

#include "tests/unit/validator/scripted_token.h"

#include <algorithm>

namespace {

using namespace jpki;
using namespace jpki::test;
using card::CardError;
using card::PinFlags;
using card::PinGuard;
using x509::Kind;

START_TEST(jpki_flags_mean_exact_numbers) {
  ck_assert(card::pin_status_from(kThreeLeft, card::pin_rule_of(Kind::kJpkiAuthentication)).tries_left == 3);
  ck_assert(card::pin_status_from(kTwoLeft, card::pin_rule_of(Kind::kJpkiAuthentication)).tries_left == 2);
  ck_assert(card::pin_status_from(kOneLeft, card::pin_rule_of(Kind::kJpkiAuthentication)).tries_left == 1);
  ck_assert(card::pin_status_from(kLocked, card::pin_rule_of(Kind::kJpkiAuthentication)).tries_left == 0);
}
END_TEST

START_TEST(other_tokens_tell_a_number_only_when_it_is_certain) {
  ck_assert(!card::pin_status_from(kThreeLeft, card::pin_rule_of(Kind::kLgpkiUser)).tries_left.has_value());
  ck_assert(!card::pin_status_from(kTwoLeft, card::pin_rule_of(Kind::kLgpkiUser)).tries_left.has_value());
  ck_assert(card::pin_status_from(kOneLeft, card::pin_rule_of(Kind::kLgpkiUser)).tries_left == 1);
  ck_assert(card::pin_status_from(kLocked, card::pin_rule_of(Kind::kLgpkiUser)).tries_left == 0);
  const auto open =
      card::pin_status_from({.min_length = 0, .max_length = 0}, card::pin_rule_of(Kind::kLgpkiUser));
  ck_assert_uint_eq(open.form.min_length, 1);
  ck_assert_uint_eq(open.form.max_length, Secret::kCapacity);
}
END_TEST

START_TEST(a_right_pin_costs_one_verify) {
  ScriptedToken token;
  token.flags = {kThreeLeft};
  PinGuard guard(token, card::pin_rule_of(Kind::kJpkiAuthentication), {kNothingWrong, {}});
  ck_assert(guard.verify(reply("1234")).has_value());
  ck_assert_int_eq(token.verifies, 1);
}
END_TEST

START_TEST(a_wrong_form_never_reaches_the_card) {
  for (const char* pin : {"", "123", "12345", "abcd", "12 4"}) {
    ScriptedToken token;
    token.flags = {kThreeLeft};
    PinGuard guard(token, card::pin_rule_of(Kind::kJpkiAuthentication), {kNothingWrong, {}});
    assert_refused(guard.verify(reply(pin)), Verdict::kPinMalformed);
    ck_assert_int_eq(token.verifies, 0);
  }
}
END_TEST

START_TEST(one_guard_sends_at_most_one_verify) {
  ScriptedToken token;
  token.flags = {kThreeLeft, kTwoLeft};
  token.login_answer = Unexpected{error(Verdict::kPinIncorrect)};
  PinGuard guard(token, card::pin_rule_of(Kind::kJpkiAuthentication), {kNothingWrong, {}});
  assert_refused(guard.verify(reply("9999")), Verdict::kPinIncorrect);
  ck_assert(guard.tries_left() == 2);
  assert_refused(guard.verify(reply("1234")), Verdict::kInternal);
  ck_assert_int_eq(token.verifies, 1);
}
END_TEST

START_TEST(the_last_try_needs_a_yes) {
  ScriptedToken token;
  token.flags = {kOneLeft};
  PinGuard guard(token, card::pin_rule_of(Kind::kJpkiAuthentication), {kNothingWrong, {}});
  assert_refused(guard.verify(reply("1234")), Verdict::kLastTryNotConfirmed);
  ck_assert_int_eq(token.verifies, 0);
  PinGuard confirmed(token, card::pin_rule_of(Kind::kJpkiAuthentication), {kNothingWrong, {}});
  ck_assert(confirmed.verify(reply("1234", true)).has_value());
  ck_assert_int_eq(token.verifies, 1);
}
END_TEST

START_TEST(a_try_spent_by_somebody_else_during_the_prompt_is_noticed) {
  ScriptedToken token;
  token.flags = {kTwoLeft, kOneLeft};
  PinGuard guard(token, card::pin_rule_of(Kind::kJpkiAuthentication), {kNothingWrong, {}});
  ck_assert(guard.status().has_value());
  assert_refused(guard.verify(reply("1234")), Verdict::kLastTryNotConfirmed);
  ck_assert_int_eq(token.verifies, 0);
}
END_TEST

START_TEST(a_locked_pin_is_told_before_any_prompt) {
  ScriptedToken token;
  token.flags = {kLocked};
  PinGuard guard(token, card::pin_rule_of(Kind::kJpkiAuthentication), {kNothingWrong, {}});
  const auto status = guard.status();
  ck_assert(!status.has_value() && status.error().verdict == Verdict::kPinLocked);
  assert_refused(guard.verify(reply("1234", true)), Verdict::kPinLocked);
  ck_assert_int_eq(token.verifies, 0);
}
END_TEST

START_TEST(the_try_that_locks_is_reported_as_locked) {
  // OpenSC: CKR_PIN_INCORRECT for the locking try, CKR_GENERAL_ERROR afterwards; only the flags tell.
  for (const Verdict answer : {Verdict::kPinIncorrect, Verdict::kCardError}) {
    ScriptedToken token;
    token.flags = {kOneLeft, kLocked};
    token.login_answer = Unexpected{error(answer)};
    PinGuard guard(token, card::pin_rule_of(Kind::kJpkiAuthentication), {kNothingWrong, {}});
    assert_refused(guard.verify(reply("9999", true)), Verdict::kPinLocked);
    ck_assert(guard.tries_left() == 0);
  }
}
END_TEST

START_TEST(a_card_that_vanishes_with_its_last_try_is_locked) {
  // When the empty VERIFY answers 6983 or 6984 OpenSC no longer shows the token at all.
  ScriptedToken token;
  token.flags = {kOneLeft, Unexpected{error(Verdict::kCardNotRecognised)}};
  token.login_answer = Unexpected{error(Verdict::kPinIncorrect)};
  PinGuard guard(token, card::pin_rule_of(Kind::kJpkiAuthentication), {kNothingWrong, {}});
  assert_refused(guard.verify(reply("9999", true)), Verdict::kPinLocked);
}
END_TEST

struct Refusal {
  Kind kind;
  PinFlags before;
  Verdict login;
  Expected<PinFlags, CardError> after;
  Verdict told;
  std::optional<std::uint8_t> tries;
};

// A query that fails after a refusal shows as flags without a word (OpenSC keeps "unknown" to itself) or as
// what was true before.
START_TEST(what_is_said_after_a_refusal_is_never_too_much) {
  const PinFlags no_flag{.min_length = 4, .max_length = 4};
  const auto lost = [](Verdict verdict) { return Expected<PinFlags, CardError>(Unexpected{error(verdict)}); };
  const auto none = std::optional<std::uint8_t>();
  constexpr Kind kJpki = Kind::kJpkiAuthentication;
  constexpr Kind kStaff = Kind::kLgpkiUser;
  constexpr Verdict kWrong = Verdict::kPinIncorrect;
  constexpr Verdict kLock = Verdict::kPinLocked;
  constexpr Verdict kError = Verdict::kCardError;
  constexpr Verdict kGone = Verdict::kCardRemoved;
  constexpr Verdict kStrange = Verdict::kCardNotRecognised;
  const Refusal rows[] = {
      // The card tells.
      {kJpki, kThreeLeft, kWrong, kTwoLeft, kWrong, 2},
      {kJpki, kTwoLeft, kWrong, kOneLeft, kWrong, 1},
      {kJpki, kOneLeft, kWrong, kLocked, kLock, 0},
      {kJpki, kThreeLeft, kWrong, kOneLeft, kWrong, 1},  // somebody else spent one
      {kJpki, kThreeLeft, kWrong, kLocked, kLock, 0},
      // It does not.
      {kJpki, kThreeLeft, kWrong, no_flag, kWrong, 2},
      {kJpki, kTwoLeft, kWrong, no_flag, kWrong, 1},
      {kJpki, kOneLeft, kWrong, no_flag, kLock, 0},
      // It tells what was true before.
      {kJpki, kTwoLeft, kWrong, kTwoLeft, kWrong, 1},
      {kJpki, kOneLeft, kWrong, kOneLeft, kLock, 0},
      {kJpki, kOneLeft, kWrong, kTwoLeft, kLock, 0},
      // The token is gone.
      {kJpki, kThreeLeft, kWrong, lost(kStrange), kWrong, 2},
      {kJpki, kTwoLeft, kWrong, lost(kGone), kWrong, 1},
      {kJpki, kOneLeft, kWrong, lost(kGone), kLock, 0},
      {kJpki, kOneLeft, kWrong, lost(kError), kLock, 0},
      // The refusal does not say whether a try was spent.
      {kJpki, kThreeLeft, kError, no_flag, kError, none},
      {kJpki, kTwoLeft, kError, no_flag, kError, none},
      {kJpki, kOneLeft, kError, no_flag, kError, none},
      {kJpki, kThreeLeft, kError, kTwoLeft, kError, 2},
      {kJpki, kOneLeft, kError, kLocked, kLock, 0},
      {kJpki, kThreeLeft, kError, lost(kGone), kGone, none},
      {kJpki, kThreeLeft, kError, lost(kStrange), kError, none},
      // It says that the PIN is locked: nothing overrules that.
      {kJpki, kThreeLeft, kLock, no_flag, kLock, 0},
      {kJpki, kTwoLeft, kLock, kTwoLeft, kLock, 0},
      {kJpki, kThreeLeft, kLock, lost(kGone), kLock, 0},
      // Other tokens: only the last try is a number.
      {kStaff, no_flag, kWrong, no_flag, kWrong, none},
      {kStaff, no_flag, kWrong, kTwoLeft, kWrong, none},
      {kStaff, no_flag, kWrong, kOneLeft, kWrong, 1},
      {kStaff, kOneLeft, kWrong, no_flag, kLock, 0},
      {kStaff, kOneLeft, kWrong, lost(kStrange), kLock, 0},
      {kStaff, no_flag, kLock, no_flag, kLock, 0},
      {kStaff, no_flag, kError, lost(kGone), kGone, none},
  };
  for (const Refusal& row : rows) {
    const auto number = std::to_string(&row - rows);
    ScriptedToken token;
    token.flags = {Expected<PinFlags, CardError>(row.before), row.after};
    token.login_answer = Unexpected{error(row.login)};
    PinGuard guard(token, card::pin_rule_of(row.kind), {kNothingWrong, {}});
    const auto result = guard.verify(reply("9999", true));
    ck_assert_msg(!result && result.error().verdict == row.told, "row %s: verdict %s", number.c_str(),
                  result ? "accepted" : code_of(result.error().verdict).c_str());
    ck_assert_msg(guard.tries_left() == row.tries, "row %s: tries %d", number.c_str(),
                  guard.tries_left() ? *guard.tries_left() : -1);
  }
}
END_TEST

START_TEST(a_card_pulled_during_verify_is_removed_not_wrong) {
  ScriptedToken token;
  token.flags = {kThreeLeft, Unexpected{error(Verdict::kCardRemoved)}};
  token.login_answer = Unexpected{error(Verdict::kCardError)};
  PinGuard guard(token, card::pin_rule_of(Kind::kJpkiAuthentication), {kNothingWrong, {}});
  assert_refused(guard.verify(reply("1234")), Verdict::kCardRemoved);
  ck_assert(!guard.tries_left().has_value());
}
END_TEST

START_TEST(a_card_pulled_before_verify_costs_nothing) {
  ScriptedToken token;
  token.flags = {Unexpected{error(Verdict::kCardRemoved)}};
  PinGuard guard(token, card::pin_rule_of(Kind::kJpkiAuthentication), {kNothingWrong, {}});
  assert_refused(guard.verify(reply("1234")), Verdict::kCardRemoved);
  ck_assert_int_eq(token.verifies, 0);
}
END_TEST

struct Unseen {
  PinFlags before;
  Kind kind;
  std::vector<std::string> noted;
  bool broken;
  std::optional<Verdict> login_error;  // of the card
  std::optional<Verdict> verdict;      // nothing: accepted
  int verifies;
  std::vector<std::string> noted_after;
};
constexpr Kind kMyNumber = Kind::kJpkiAuthentication;
constexpr Kind kStaff = Kind::kLgpkiUser;
constexpr auto kWrongPin = Verdict::kPinIncorrect;
const Unseen kUnseen[] = {
    {kThreeLeft, kMyNumber, {}, false, {}, {}, 1, {}},
    {kThreeLeft, kMyNumber, {}, false, kWrongPin, kWrongPin, 1, {"1234"}},
    {kTwoLeft, kMyNumber, {"1234"}, false, {}, Verdict::kPinWrongBefore, 0, {"1234"}},
    {kTwoLeft, kMyNumber, {"9999"}, false, {}, {}, 1, {}},
    {kTwoLeft, kMyNumber, {"9999"}, false, kWrongPin, kWrongPin, 1, {"9999", "1234"}},
    {kThreeLeft, kMyNumber, {"1234"}, false, {}, {}, 1, {}},  // reset since: the counter is full
    {kOneLeft, kMyNumber, {}, false, {}, Verdict::kLastTryNotConfirmed, 0, {}},
    {kThreeLeft, kMyNumber, {}, true, {}, Verdict::kInternal, 0, {}},
    {kTwoLeft, kMyNumber, {}, true, {}, Verdict::kInternal, 0, {}},
    // Who is killed during the VERIFY leaves a note as well, and so does a card that is lifted then.
    {kTwoLeft, kMyNumber, {}, false, Verdict::kCardRemoved, Verdict::kCardRemoved, 1, {"1234"}},
    // No number is known: what was noted counts.
    {kThreeLeft, kStaff, {"1234"}, false, {}, Verdict::kPinWrongBefore, 0, {"1234"}},
    {kThreeLeft, kStaff, {}, false, {}, {}, 1, {}},
    {kOneLeft, kStaff, {}, false, {}, Verdict::kLastTryNotConfirmed, 0, {}},
};

START_TEST(on_a_screen_that_shows_no_tries_no_wrong_pin_is_tried_twice) {
  const Unseen& row = kUnseen[_i];
  ScriptedToken token;
  token.flags = {row.before};
  if (row.login_error) token.login_answer = Unexpected{error(*row.login_error)};
  NotedPins pins;
  pins.noted = row.noted;
  pins.broken = row.broken;
  PinGuard guard(token, card::pin_rule_of(row.kind), {.wrong = pins, .key = {}, .tries_shown = false});
  const auto result = guard.verify(reply("1234", true));
  if (row.verdict) {
    assert_refused(result, *row.verdict);
  } else {
    ck_assert(result.has_value());
  }
  ck_assert_int_eq(token.verifies, row.verifies);
  ck_assert(pins.noted == row.noted_after);
}
END_TEST

START_TEST(a_screen_that_shows_tries_tries_again_and_notes) {
  struct Row {
    PinFlags before;
    bool broken;
    std::optional<Verdict> login_error;
    std::vector<std::string> noted_after;
  };
  static const Row kRows[] = {
      {kTwoLeft, false, kWrongPin, {"1234", "5555"}},
      {kThreeLeft, false, kWrongPin, {"1234"}},  // what was noted is from before a reset
      {kTwoLeft, false, {}, {}},
      {kTwoLeft, false, Verdict::kPinLocked, {"1234", "5555"}},
      {kTwoLeft, false, Verdict::kCardError, {"1234", "5555"}},
      {kTwoLeft, true, {}, {}},
  };
  for (const Row& row : kRows) {
    ScriptedToken token;
    token.flags = {row.before};
    if (row.login_error) token.login_answer = Unexpected{error(*row.login_error)};
    NotedPins pins;
    pins.noted = {"1234", "5555"};
    pins.broken = row.broken;
    PinGuard guard(token, card::pin_rule_of(kMyNumber), {.wrong = pins, .key = {}});
    ck_assert_int_eq(guard.verify(reply("1234")).has_value(), !row.login_error.has_value());
    ck_assert_int_eq(token.verifies, 1);
    ck_assert(pins.noted == row.noted_after);
  }
}
END_TEST

Suite* pin_guard_suite() {
  Suite* suite = suite_create("pin_guard");
  TCase* tests = tcase_create("pin_guard");
  tcase_add_test(tests, jpki_flags_mean_exact_numbers);
  tcase_add_test(tests, other_tokens_tell_a_number_only_when_it_is_certain);
  tcase_add_test(tests, a_right_pin_costs_one_verify);
  tcase_add_test(tests, a_wrong_form_never_reaches_the_card);
  tcase_add_test(tests, one_guard_sends_at_most_one_verify);
  tcase_add_test(tests, the_last_try_needs_a_yes);
  tcase_add_test(tests, a_try_spent_by_somebody_else_during_the_prompt_is_noticed);
  tcase_add_test(tests, a_locked_pin_is_told_before_any_prompt);
  tcase_add_test(tests, the_try_that_locks_is_reported_as_locked);
  tcase_add_test(tests, a_card_that_vanishes_with_its_last_try_is_locked);
  tcase_add_test(tests, what_is_said_after_a_refusal_is_never_too_much);
  tcase_add_test(tests, a_card_pulled_during_verify_is_removed_not_wrong);
  tcase_add_test(tests, a_card_pulled_before_verify_costs_nothing);
  tcase_add_loop_test(tests, on_a_screen_that_shows_no_tries_no_wrong_pin_is_tried_twice, 0,
                      static_cast<int>(std::size(kUnseen)));
  tcase_add_test(tests, a_screen_that_shows_tries_tries_again_and_notes);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(pin_guard_suite());
}
