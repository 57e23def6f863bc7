// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Several certificates that could log in: which is meant, who is asked, and when nobody is.
#include "validator/engine/card_choice.h"

#include "tests/unit/support/check_main.h"
#include "tests/unit/validator/login_fixture.h"
#include "validator/card/card_mark.h"

namespace {

using namespace jpki;
using namespace jpki::engine;
using namespace jpki::test;

// --- the decisions by themselves --------------------------------------------------------------------
// "taro@3": bound to taro, issued on day 3; "!501": not bound, with this verdict.
std::vector<Rival> rivals(const std::vector<std::string>& told) {
  std::vector<Rival> made;
  for (const std::string& text : told) {
    if (text[0] == '!') {
      const auto verdict = *verdict_from(static_cast<std::uint16_t>(std::stoi(text.substr(1))));
      made.push_back({nullptr, kToday, Unexpected{Refusal{verdict, "scripted"}}});
    } else {
      const auto at = text.find('@');
      const int day = at == text.npos ? 0 : std::stoi(text.substr(at + 1));
      made.push_back({nullptr, kToday + std::chrono::days(day), text.substr(0, at)});
    }
  }
  return made;
}

struct Bound {
  std::vector<std::string> rivals;
  std::vector<std::size_t> places;
  Verdict refusal = Verdict::kAccepted;
};
const Bound kBound[] = {
    {{"taro", "hanako"}, {0}},
    {{"hanako", "taro"}, {1}},
    {{"taro", "hanako", "taro"}, {0, 2}},
    {{"!501", "taro", "!303"}, {1}},
    {{"hanako", "jiro"}, {}, Verdict::kOtherUser},
    // What is told is about the card that may be the person's.
    {{"hanako", "!303"}, {}, Verdict::kCertificateExpired},
    {{"!501", "hanako", "!501"}, {}, Verdict::kNotMapped},
    {{"!501", "!303"}, {}, Verdict::kSeveralCards},
    {{"Taro", "taro "}, {}, Verdict::kOtherUser},
};

START_TEST(the_account_that_is_asked_for_chooses) {
  const Bound& row = kBound[_i];
  const auto found = bound_to(rivals(row.rivals), "taro");
  ck_assert_int_eq(found.has_value(), !row.places.empty());
  if (found)
    ck_assert(*found == row.places);
  else
    ck_assert_int_eq(static_cast<int>(found.error().verdict), static_cast<int>(row.refusal));
}
END_TEST

struct Newest {
  std::vector<std::string> rivals;
  std::optional<std::size_t> place;
  Verdict refusal = Verdict::kAccepted;
};
const Newest kNewest[] = {
    {{"taro@1", "taro@2"}, 1},
    {{"taro@2", "taro@1"}, 0},
    {{"taro@1", "!303", "taro@1"}, 0},
    {{"!501", "taro@1"}, 1},
    {{"taro@1", "hanako@2"}, {}, Verdict::kSeveralCards},
    {{"taro@1", "hanako@2", "taro@3"}, {}, Verdict::kSeveralCards},
    {{"!501", "!501"}, {}, Verdict::kNotMapped},
    {{"!501", "!303"}, {}, Verdict::kSeveralCards},
};

START_TEST(of_two_generations_on_a_card_the_newer_is_used) {
  const Newest& row = kNewest[_i];
  const auto found = newest_bound(rivals(row.rivals));
  ck_assert_int_eq(found.has_value(), row.place.has_value());
  if (found)
    ck_assert_uint_eq(*found, *row.place);
  else
    ck_assert_int_eq(static_cast<int>(found.error().verdict), static_cast<int>(row.refusal));
}
END_TEST

// --- whole logins -----------------------------------------------------------------------------------
const Blob kSerial{0x11, 0x22, 0x33, 0x44};
const Blob kOtherSerial{0x55};

// Two cards in two readers: taro's, and another with the PIN 4321.
struct TwoCards : Login {
  FakeToken other{world->builder(world->other_key, kOtherSerial).sign(world->ca.jpki_auth[2].key),
                  world->other_key.pkcs8_pem()};
  TwoCards() {
    other.reader_name = "Reader 01 00";
    other.pin = "4321";
    readers.looks = {std::vector<card::Token*>{&token, &other}};
    accounts.by_serial = {{kSerial, "taro"}, {kOtherSerial, "hanako"}};
    start.choices_shown = true;
  }
  void nobody_is_named() { start.user.clear(); }
  void both_are_of(const char* account) {
    accounts.by_serial = {{kSerial, account}, {kOtherSerial, account}};
  }
  void assert_no_pin() const {
    assert_nothing_asked(*this);
    ck_assert_int_eq(other.verifies, 0);
  }
};

START_TEST(who_is_named_is_not_asked_which_card) {
  for (const bool shown : {true, false}) {
    TwoCards login;
    login.start.choices_shown = shown;
    assert_verdict(login.run(), Verdict::kAccepted);
    ck_assert(login.person.choices.empty());
    ck_assert_int_eq(login.token.verifies, 1);
    ck_assert_int_eq(login.other.verifies, 0);
    TwoCards hers;
    hers.start.user = "hanako";
    hers.start.choices_shown = shown;
    hers.person.pin = "4321";
    const Outcome outcome = hers.run();
    assert_verdict(outcome, Verdict::kAccepted);
    ck_assert_str_eq(outcome.account.c_str(), "hanako");
    ck_assert_int_eq(hers.token.verifies, 0);
    ck_assert_int_eq(hers.other.verifies, 1);
  }
}
END_TEST

START_TEST(who_is_not_named_is_asked_before_anything_is_judged) {
  for (const std::uint8_t card : {std::uint8_t{0}, std::uint8_t{1}}) {
    TwoCards login;
    login.nobody_is_named();
    login.person.card = card;
    login.person.pin = card == 0 ? "1234" : "4321";
    login.revocation.at_begin = [&] { ck_assert_uint_eq(login.person.choices.size(), 1); };
    login.person.at_choice = [&] { ck_assert(login.person.steps.back() == Step::kChoosingCard); };
    const Outcome outcome = login.run();
    assert_verdict(outcome, Verdict::kAccepted);
    ck_assert_str_eq(outcome.account.c_str(), card == 0 ? "taro" : "hanako");
    ck_assert_int_eq(login.token.verifies, card == 0);
    ck_assert_int_eq(login.other.verifies, card);
    const AskCard expected{
        {{CardKind::kMyNumber, "Reader 00 00", {}}, {CardKind::kMyNumber, "Reader 01 00", {}}}};
    ck_assert(login.person.choices == std::vector{expected});
  }
}
END_TEST

START_TEST(two_cards_of_one_account_are_asked_about) {
  TwoCards login;
  login.both_are_of("taro");
  login.person.card = 1;
  login.person.pin = "4321";
  assert_verdict(login.run(), Verdict::kAccepted);
  ck_assert_uint_eq(login.person.choices.size(), 1);
  ck_assert_int_eq(login.token.verifies, 0);
}
END_TEST

struct Refused {
  Verdict verdict;
  std::size_t choices;
  void (*spoil)(TwoCards&);
};
const Refused kRefused[] = {
    // Nobody can be asked.
    {Verdict::kSeveralCards, 0,
     [](TwoCards& l) {
       l.nobody_is_named();
       l.start.choices_shown = false;
     }},
    {Verdict::kSeveralCards, 0,
     [](TwoCards& l) {
       l.both_are_of("taro");
       l.start.choices_shown = false;
     }},
    // Nobody chooses, or what was not offered.
    {Verdict::kCancelled, 1, [](TwoCards& l) { l.nobody_is_named(); }},
    {Verdict::kInternal, 1,
     [](TwoCards& l) {
       l.nobody_is_named();
       l.person.card = 2;
     }},
    // The chosen card is judged as if it were the only one; the other one does not help.
    {Verdict::kNotMapped, 1,
     [](TwoCards& l) {
       l.nobody_is_named();
       l.accounts.by_serial[kOtherSerial] = "";
       l.person.card = 1;
     }},
    {Verdict::kRevoked, 1,
     [](TwoCards& l) {
       l.nobody_is_named();
       l.person.card = 0;
       l.revocation.refusal = Verdict::kRevoked;
     }},
    {Verdict::kPinLocked, 1,
     [](TwoCards& l) {
       l.nobody_is_named();
       l.person.card = 1;
       l.other.tries = 0;
     }},
    // The person who is named has no card here.
    {Verdict::kOtherUser, 0, [](TwoCards& l) { l.start.user = "jiro"; }},
    {Verdict::kNotMapped, 0,
     [](TwoCards& l) {
       l.accounts.by_serial = {{kSerial, ""}, {kOtherSerial, "hanako"}};
     }},
    {Verdict::kCertificateExpired, 0, [](TwoCards& l) { l.clock.time += std::chrono::years(6); }},
};

START_TEST(no_pin_is_asked_for_where_no_card_is_chosen) {
  TwoCards login;
  kRefused[_i].spoil(login);
  assert_verdict(login.run(), kRefused[_i].verdict);
  ck_assert_uint_eq(login.person.choices.size(), kRefused[_i].choices);
  login.assert_no_pin();
}
END_TEST

START_TEST(ten_cards_are_more_than_a_digit_can_name) {
  std::vector<std::unique_ptr<FakeToken>> tokens;
  std::vector<card::Token*> all;
  for (std::uint8_t i = 0; i < 10; ++i) {
    tokens.push_back(std::make_unique<FakeToken>(
        world->builder(world->key, {0x40, i}).sign(world->ca.jpki_auth[2].key), world->key.pkcs8_pem()));
    tokens.back()->reader_name = "Reader 0" + std::to_string(i);
    all.push_back(tokens.back().get());
  }
  for (const std::size_t count : {9, 10}) {
    TwoCards login;
    login.nobody_is_named();
    login.readers.looks = {
        std::vector<card::Token*>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count))};
    login.person.card = 8;
    assert_verdict(login.run(), count == 9 ? Verdict::kAccepted : Verdict::kSeveralCards);
    ck_assert_int_eq(tokens[8]->verifies, 1);
  }
}
END_TEST

// The same certificate in two readers: one is a copy, and only the person can know which.
START_TEST(a_copy_is_a_card_like_another) {
  Login login;
  test::FakeToken copy(world->certificate(), world->other_key.pkcs8_pem());
  copy.reader_name = "Reader 01 00";
  login.readers.looks = {std::vector<card::Token*>{&login.token, &copy}};
  assert_verdict(login.run(), Verdict::kSeveralCards);
  assert_nothing_asked(login);
  login.start.choices_shown = true;
  login.person.card = 1;
  assert_verdict(login.run(), Verdict::kProofOfPossessionFailed);
  login.person.card = 0;
  assert_verdict(login.run(), Verdict::kAccepted);
}
END_TEST

// R5: one PIN, one account, two generations.
START_TEST(two_certificates_on_one_card_need_no_question) {
  struct Row {
    std::map<Blob, std::string> accounts;
    Verdict verdict;
  };
  for (const char* user : {"taro", ""}) {
    for (const Row& row : {Row{{{kSerial, "taro"}, {kOtherSerial, "taro"}}, Verdict::kAccepted},
                           Row{{{kSerial, "taro"}, {kOtherSerial, ""}}, Verdict::kAccepted},
                           Row{{{kSerial, ""}, {kOtherSerial, "taro"}}, Verdict::kAccepted},
                           Row{{{kSerial, ""}, {kOtherSerial, ""}}, Verdict::kNotMapped}}) {
      Login login;
      login.start.user = user;
      auto newer = world->builder(world->key, kOtherSerial);
      newer.not_before += std::chrono::hours(1);
      login.token.end_entities.push_back({{3}, newer.sign(world->ca.jpki_auth[2].key)});
      login.accounts.by_serial = row.accounts;
      const Outcome outcome = login.run();
      assert_verdict(outcome, row.verdict);
      ck_assert(login.person.choices.empty());
      if (row.verdict != Verdict::kAccepted) continue;
      const bool newer_counts = row.accounts.at(kOtherSerial) == "taro";
      ck_assert(outcome.card->mark ==
                card::card_mark(login.start.nonce, login.token.end_entities[newer_counts ? 1 : 0].der));
    }
  }
  Login login;
  login.start.user = "";
  login.token.end_entities.push_back(
      {{3}, world->builder(world->key, kOtherSerial).sign(world->ca.jpki_auth[2].key)});
  login.accounts.by_serial = {{kOtherSerial, "hanako"}};
  login.start.choices_shown = true;
  assert_verdict(login.run(), Verdict::kSeveralCards);
  assert_nothing_asked(login);
}
END_TEST

// What was read before the first question holds for five minutes, however many questions there are.
START_TEST(a_choice_that_takes_long_is_part_of_the_prompt) {
  for (const auto each : {2min, 3min}) {
    TwoCards login;
    login.nobody_is_named();
    login.person.card = 0;
    login.person.at_choice = [&] { login.clock.time += each; };
    login.person.at_prompt = [&] { login.clock.time += each; };
    assert_verdict(login.run(), each == 2min ? Verdict::kAccepted : Verdict::kTimeout);
    ck_assert_int_eq(login.token.verifies, each == 2min);
  }
}
END_TEST

START_TEST(a_card_that_is_pulled_during_the_choice_gets_no_pin) {
  TwoCards login;
  login.nobody_is_named();
  login.person.card = 0;
  login.person.at_choice = [&] {
    login.token.gone = true;
    login.readers.left = true;
  };
  assert_verdict(login.run(), Verdict::kCardRemoved);
  login.assert_no_pin();
  // The other one may go.
  TwoCards tidy;
  tidy.nobody_is_named();
  tidy.person.card = 0;
  tidy.person.at_choice = [&] {
    tidy.other.gone = true;
    tidy.readers.left = true;
  };
  assert_verdict(tidy.run(), Verdict::kAccepted);
}
END_TEST

START_TEST(a_card_is_known_by_its_last_login_here) {
  TwoCards login;
  login.nobody_is_named();
  const auto told = [&](std::uint8_t card) {
    login.readers.closed = false;
    login.person.card.reset();
    assert_verdict(login.run(), Verdict::kCancelled);
    return login.person.choices.back().cards[card].days_since_login;
  };
  ck_assert(!told(0).has_value());
  login.person.card = 0;
  login.person.pin = "9999";
  assert_verdict(login.run(), Verdict::kPinIncorrect);
  ck_assert(!told(0).has_value());
  login.person.card = 0;
  login.person.pin = "1234";
  assert_verdict(login.run(), Verdict::kAccepted);
  ck_assert(told(0) == 0 && !told(1).has_value());
  login.clock.time += 23h;
  ck_assert(told(0) == 0);
  login.clock.time += 1h;
  ck_assert(told(0) == 1);
  login.clock.time += 254 * 24h;
  ck_assert(told(0) == 255);
  login.clock.time += 24h;
  ck_assert(!told(0).has_value());
  login.clock.time = kToday;  // a clock that was set back
  ck_assert(!told(0).has_value());
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("card choice");
  TCase* tests = tcase_create("card choice");
  tcase_add_loop_test(tests, the_account_that_is_asked_for_chooses, 0, static_cast<int>(std::size(kBound)));
  tcase_add_loop_test(tests, of_two_generations_on_a_card_the_newer_is_used, 0,
                      static_cast<int>(std::size(kNewest)));
  tcase_add_test(tests, who_is_named_is_not_asked_which_card);
  tcase_add_test(tests, who_is_not_named_is_asked_before_anything_is_judged);
  tcase_add_test(tests, two_cards_of_one_account_are_asked_about);
  tcase_add_loop_test(tests, no_pin_is_asked_for_where_no_card_is_chosen, 0,
                      static_cast<int>(std::size(kRefused)));
  tcase_add_test(tests, ten_cards_are_more_than_a_digit_can_name);
  tcase_add_test(tests, a_copy_is_a_card_like_another);
  tcase_add_test(tests, two_certificates_on_one_card_need_no_question);
  tcase_add_test(tests, a_choice_that_takes_long_is_part_of_the_prompt);
  tcase_add_test(tests, a_card_that_is_pulled_during_the_choice_gets_no_pin);
  tcase_add_test(tests, a_card_is_known_by_its_last_login_here);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  const World made;
  world = &made;
  return jpki::test::run_suite(suite());
}
