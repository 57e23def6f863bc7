// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a search for a card waits for.
#include "validator/engine/card_search.h"

#include "tests/unit/support/check_main.h"
#include "tests/unit/validator/fake_login.h"

#include <algorithm>

namespace {

using namespace jpki;
using namespace std::chrono_literals;

struct Search {
  test::FakeReaders readers;
  test::FakePerson person;
  test::FakeRevocation revocation;
  test::FakeAccounts accounts;
  test::NotedPins wrong_pins;
  engine::CardNotes notes{"/nonexistent", {}};
  test::FakeClock clock;

  Verdict run(std::chrono::milliseconds wait) {
    engine::Record record;
    const auto found = engine::find_candidates({.cards = readers,
                                                .anchors = {},
                                                .intermediates = {},
                                                .revocation = revocation,
                                                .accounts = accounts,
                                                .login_kinds = {},
                                                .kind_rules = {},
                                                .wrong_pins = wrong_pins,
                                                .notes = notes,
                                                .expiry_notice = {},
                                                .pseudonym_key = {},
                                                .clock = clock,
                                                .dialogue = person},
                                               wait, record);
    ck_assert(!found);
    return found.error().verdict;
  }
  auto asked_for_a_card() const { return std::ranges::count(person.steps, Step::kWaitingForCard); }
};

const card::CardError kNoReader{Verdict::kNoReader, "no reader"};
const card::CardError kNoCard{Verdict::kNoCard, "no token"};

START_TEST(a_reader_that_is_not_there_is_not_waited_for) {
  Search search;
  search.readers.looks = {Unexpected{kNoReader}};
  const auto begin = std::chrono::steady_clock::now();
  ck_assert(search.run(60s) == Verdict::kNoReader);
  ck_assert(std::chrono::steady_clock::now() - begin < 50s);
  ck_assert(search.asked_for_a_card() == 0);
}
END_TEST

// As with a pcscd that has just been started.
START_TEST(a_reader_that_comes_at_once_is_waited_at) {
  Search search;
  search.readers.looks = {Unexpected{kNoReader}, Unexpected{kNoCard}};
  ck_assert(search.run(1500ms) == Verdict::kNoCard);
  ck_assert(search.asked_for_a_card() == 1);
}
END_TEST

START_TEST(without_a_wait_nothing_is_waited_for) {
  for (const card::CardError& error : {kNoReader, kNoCard}) {
    Search search;
    search.readers.looks = {Unexpected{error}};
    ck_assert(search.run(0ms) == error.verdict);
    ck_assert(search.asked_for_a_card() == 0);
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("card search");
  TCase* tests = tcase_create("card search");
  tcase_add_test(tests, a_reader_that_is_not_there_is_not_waited_for);
  tcase_add_test(tests, a_reader_that_comes_at_once_is_waited_at);
  tcase_add_test(tests, without_a_wait_nothing_is_waited_for);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
