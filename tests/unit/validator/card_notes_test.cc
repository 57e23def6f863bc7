// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What one login notes of a card, and a later one makes of it.
#include "tests/unit/support/check_main.h"
#include "tests/unit/validator/login_fixture.h"

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
