// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What one login notes of a card, and a later one makes of it.
#include "tests/unit/support/check_main.h"
#include "tests/unit/validator/login_fixture.h"
#include "validator/engine/expiry_notice.h"
#include "validator/engine/last_login.h"

namespace {

using namespace jpki;
using namespace jpki::test;

// Each row a login on the same machine.
START_TEST(that_a_certificate_ends_soon_is_told_once_a_day) {
  struct Row {
    std::chrono::seconds before_the_end;
    bool shown;
    std::optional<std::uint8_t> told;
  };
  static const Row kRows[] = {
      {30 * 24h, true, {}},
      {30 * 24h - 1s, false, {}},  // nobody would see it, so it is not used up
      {30 * 24h - 1s, true, 29},
      {30 * 24h - 2h, true, {}},
      {29 * 24h - 1h, true, 28},
      {24h - 1s, true, 0},
      {1s, true, {}},
  };
  Login login;
  const Time end = x509::Certificate::decode(login.token.end_entities[0].der)->not_after();
  for (const Row& row : kRows) {
    login.clock.time = end - row.before_the_end;
    login.start.notices_shown = row.shown;
    const Outcome outcome = login.run();
    assert_verdict(outcome, Verdict::kAccepted);
    ck_assert_msg(outcome.expires_in == row.told, "row %d", static_cast<int>(&row - kRows));
    login.readers.closed = false;
  }
  login.clock.time = end - 48h;
  login.expiry_notice = std::chrono::days(0);
  ck_assert(!login.run().expires_in.has_value());
  login.expiry_notice = std::chrono::days(30);
  login.person.pin = "9999";
  ck_assert(!login.run().expires_in.has_value());
}
END_TEST

START_TEST(up_to_255_days_are_told) {
  const TemporaryDirectory directory;
  const engine::CardNotes notes(directory.path(), Blob(32, 7));
  int day = 0;
  const auto told = [&](std::chrono::seconds left, std::chrono::days before) {
    const Time now = kToday + std::chrono::days(++day);  // on each a notice may be told
    return engine::expiry_notice(notes, as_bytes("a key"), now + left, before, now);
  };
  constexpr std::chrono::days kYear(365);
  ck_assert(told(256 * 24h - 1s, kYear) == 255);
  ck_assert(!told(256 * 24h, kYear));
  ck_assert(told(0s, kYear) == 0);
  ck_assert(!told(-1s, kYear));  // it has ended
}
END_TEST

// Where nothing can be noted it is told each time, and no card is known.
START_TEST(without_notes) {
  const engine::CardNotes notes("/nonexistent", Blob(32, 7));
  for (int i = 0; i < 2; ++i)
    ck_assert(engine::expiry_notice(notes, as_bytes("a key"), kToday + 24h, std::chrono::days(30), kToday) ==
              1);
  engine::note_login(notes, as_bytes("a key"), kToday);
  ck_assert(!engine::days_since_login(notes, as_bytes("a key"), kToday));
}
END_TEST

START_TEST(a_note_that_is_damaged_is_none) {
  const TemporaryDirectory directory;
  const engine::CardNotes notes(directory.path(), Blob(32, 7));
  const Bytes key = as_bytes("a key");
  ck_assert(!engine::days_since_login(notes, key, kToday));
  for (const char* text : {"", "x", "-1", "12 ", "-9223372036854775808", "99999999999999999999"}) {
    ck_assert(notes.files().write(notes.name_of("login", key), as_bytes(std::string_view(text))).has_value());
    ck_assert_msg(!engine::days_since_login(notes, key, kToday), "%s", text);
  }
  engine::note_login(notes, key, kToday);
  ck_assert(engine::days_since_login(notes, key, kToday + 24h) == 1);
}
END_TEST

START_TEST(what_is_shown_decides_what_a_pin_may_cost) {
  Login login;
  login.start.tries_shown = false;
  login.token.tries = 2;
  login.wrong_pins.noted = {"1234"};
  assert_verdict(login.run(), Verdict::kPinWrongBefore);
  ck_assert_int_eq(login.token.verifies, 0);
  login.start.tries_shown = true;
  assert_verdict(login.run(), Verdict::kAccepted);
  ck_assert(login.wrong_pins.noted.empty());
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("card notes");
  TCase* all = tcase_create("all");
  tcase_add_test(all, that_a_certificate_ends_soon_is_told_once_a_day);
  tcase_add_test(all, up_to_255_days_are_told);
  tcase_add_test(all, without_notes);
  tcase_add_test(all, a_note_that_is_damaged_is_none);
  tcase_add_test(all, what_is_shown_decides_what_a_pin_may_cost);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  const World made;
  world = &made;
  return jpki::test::run_suite(suite());
}
