// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Tokens of several modules, and what [[token]] says of them, in a login.
#include "tests/unit/support/check_main.h"
#include "tests/unit/validator/login_fixture.h"
#include "validator/map/role_accounts.h"

namespace {

using namespace jpki;
using namespace jpki::test;
using card::TokenRule;
using x509::Kind;

// A second token, which has the same certificate and another PIN.
struct Two : Login {
  FakeToken other{world->certificate(), world->key.pkcs8_pem()};
  explicit Two(const char* reader) {
    other.reader_name = reader;
    other.module_place = 1;
    other.pin = "9999";
    readers.looks = {std::vector<card::Token*>{&token, &other}};
  }
  void assert_accepted_by(const FakeToken& right, const FakeToken& wrong, const char* pin) {
    person.pin = pin;
    const Outcome outcome = run();
    ck_assert_msg(outcome.verdict == Verdict::kAccepted, "%s", code_of(outcome.verdict).c_str());
    ck_assert_int_eq(right.verifies, 1);
    ck_assert_int_eq(wrong.verifies, 0);
    ck_assert_int_eq(wrong.signatures, 0);
    ck_assert_uint_eq(person.prompts.size(), 1);
  }
};
constexpr char kSameReader[] = "Reader 00 00";
constexpr char kOtherReader[] = "Reader 01 00";

START_TEST(a_card_that_two_modules_show_is_read_through_the_first) {
  Two login(kSameReader);
  login.assert_accepted_by(login.token, login.other, "1234");
  ck_assert(login.person.choices.empty());
  ck_assert_int_eq(login.other.reads, 0);
}
END_TEST

START_TEST(a_card_that_the_first_module_does_not_understand_is_read_through_the_next) {
  Two empty(kSameReader);
  empty.token.end_entities.clear();
  empty.assert_accepted_by(empty.other, empty.token, "9999");
  ck_assert_int_eq(empty.readers.let_go, 2);  // before the next module, and at the prompt

  Two unreadable(kSameReader);
  unreadable.token.unreadable = card::CardError{Verdict::kCardError, "C_FindObjects"};
  unreadable.assert_accepted_by(unreadable.other, unreadable.token, "9999");
  ck_assert(unreadable.person.log_lines.at(0).find("C_FindObjects") != std::string::npos);

  Two excluded(kSameReader);
  const TokenRule staff{.name = "staff", .kinds = std::vector{Kind::kLgpkiUser}};
  excluded.token.token_rule = &staff;
  excluded.assert_accepted_by(excluded.other, excluded.token, "9999");
}
END_TEST

START_TEST(what_lies_behind_a_card_that_was_read_is_read) {
  Two login(kSameReader);
  FakeToken mine{world->builder(world->other_key, {0x22, 0x22}).sign(world->ca.jpki_auth[2].key),
                 world->other_key.pkcs8_pem()};
  mine.reader_name = kOtherReader;
  mine.module_place = 1;
  login.readers.looks = {std::vector<card::Token*>{&login.token, &login.other, &mine}};
  login.accounts.account = "hanako";
  login.accounts.by_serial[{0x22, 0x22}] = "taro";
  login.assert_accepted_by(mine, login.token, "1234");
  ck_assert_int_eq(login.other.reads, 0);
}
END_TEST

// OpenSC shows a token for each PIN of a card.
START_TEST(two_tokens_of_one_module_in_one_reader_are_both_read) {
  Two login(kSameReader);
  login.other.module_place = 0;
  login.other.end_entities.clear();
  login.assert_accepted_by(login.token, login.other, "1234");
  ck_assert_int_eq(login.other.reads, 1);
  ck_assert_int_eq(login.readers.let_go, 1);
}
END_TEST

START_TEST(a_copy_of_a_certificate_gets_no_pin_that_is_for_the_key) {
  Two second(kOtherReader);
  second.other.key_shows = true;
  second.assert_accepted_by(second.other, second.token, "9999");
  ck_assert(second.person.choices.empty());

  Two first(kOtherReader);
  first.token.key_shows = true;
  first.assert_accepted_by(first.token, first.other, "1234");
  ck_assert(first.person.choices.empty());
}
END_TEST

START_TEST(where_nothing_tells_them_apart_the_person_does) {
  for (const bool both_show : {false, true}) {
    Two login(kOtherReader);
    login.start.choices_shown = true;
    login.token.key_shows = login.other.key_shows = both_show;
    login.person.card = std::uint8_t{1};
    login.assert_accepted_by(login.other, login.token, "9999");
    ck_assert_uint_eq(login.person.choices.size(), 1);
  }
}
END_TEST

START_TEST(another_certificate_is_no_copy) {
  Two login(kOtherReader);
  auto builder = world->builder(world->other_key, {0x22, 0x22});
  login.other.end_entities[0].der = builder.sign(world->ca.jpki_auth[2].key);
  login.accounts.by_serial[{0x22, 0x22}] = "hanako";
  login.other.key_shows = true;
  login.assert_accepted_by(login.token, login.other, "1234");
}
END_TEST

START_TEST(a_rule_keeps_kinds_from_its_tokens) {
  Login login;
  const TokenRule staff{.name = "staff-usb", .kinds = std::vector{Kind::kLgpkiUser}};
  login.token.token_rule = &staff;
  ck_assert(login.run().verdict == Verdict::kKindNotAllowed);
  ck_assert(login.person.prompts.empty() && login.token.verifies == 0);
  ck_assert(login.person.log_lines.back().find("[[token]] staff-usb") != std::string::npos);
  // What [login] does not allow no rule allows.
  Login other;
  other.kinds = {Kind::kLgpkiUser};
  const TokenRule mine{.name = "mine", .kinds = std::vector{Kind::kJpkiAuthentication}};
  other.token.token_rule = &mine;
  ck_assert(other.run().verdict == Verdict::kKindNotAllowed && other.person.prompts.empty());
}
END_TEST

START_TEST(a_rule_says_how_the_pin_is_asked_for) {
  Login login;
  const TokenRule rule{.name = "usb",
                       .pin = {.min_length = 6,
                               .max_length = 8,
                               .characters = card::PinCharacters::kAscii,
                               .tries = card::TriesTold::kNotAtAll,
                               .max_tries = 3}};
  login.token.token_rule = &rule;
  login.token.pin = "abc-123";
  login.person.pin = "abc-123";
  login.wrong_pins.noted = {"000000", "000001"};
  ck_assert(login.run().verdict == Verdict::kLastTryNotConfirmed);
  const AskPin& ask = login.person.prompts.at(0);
  ck_assert((ask.form == PinForm{6, 8, false, true}));
  ck_assert(ask.may_be_last && !ask.tries_left && ask.max_tries == 3 && !ask.on_reader);
  ck_assert_int_eq(login.token.verifies, 0);
  Login again;
  again.token.token_rule = &rule;
  again.token.pin = "abc-123";
  again.person.pin = "abc-123";
  again.person.confirms_last_try = true;
  again.wrong_pins.noted = {"000000", "000001"};
  ck_assert(again.run().verdict == Verdict::kAccepted && again.token.verifies == 1);
  ck_assert(again.wrong_pins.noted.empty());
}
END_TEST

START_TEST(a_pin_that_is_typed_on_the_reader) {
  Login login;
  const TokenRule rule{.name = "keys", .pin = {.entry = card::PinEntry::kReader}};
  login.token.token_rule = &rule;
  login.token.has_keys = true;
  login.person.pin = "";
  ck_assert(login.run().verdict == Verdict::kAccepted);
  ck_assert(login.person.prompts.at(0).on_reader);
  ck_assert_int_eq(login.token.typed_on_reader, 1);
  ck_assert_int_eq(login.token.verifies, 0);
  ck_assert(std::ranges::count(login.person.steps, Step::kPinOnReader) == 1);
  ck_assert(std::ranges::count(login.person.steps, Step::kVerifyingPin) == 0);
}
END_TEST

// --- role certificates -----------------------------------------------------------------------------------
class Bound final : public map::AccountMap {
 public:
  Expected<std::string, map::MapError> account_of(const path::VerifiedCertificate&) const override {
    return Unexpected{map::MapError{Verdict::kInternal, "not asked"}};
  }
  Expected<std::string, map::MapError> account_of_strings(const std::vector<std::string>& mappings,
                                                          Kind) const override {
    if (mappings.empty()) return Unexpected{map::MapError{Verdict::kNotMapped, "scripted"}};
    return mappings.front();
  }
};

START_TEST(a_role_certificate_leads_to_role_accounts_alone) {
  struct Row {
    std::vector<std::string> account;
    Kind kind;
    std::vector<std::string> role_accounts;
    Verdict verdict;
  };
  const Row rows[] = {
      {{"counter"}, Kind::kLgpkiRole, {"mayor", "counter"}, Verdict::kAccepted},
      {{"taro"}, Kind::kLgpkiRole, {"mayor", "counter"}, Verdict::kKindLgpkiRole},
      {{"counter"}, Kind::kLgpkiRole, {}, Verdict::kKindLgpkiRole},
      {{"Counter"}, Kind::kLgpkiRole, {"counter"}, Verdict::kKindLgpkiRole},
      {{}, Kind::kLgpkiRole, {"counter"}, Verdict::kNotMapped},
      {{"taro"}, Kind::kLgpkiUser, {}, Verdict::kAccepted},
      {{"taro"}, Kind::kJpkiAuthentication, {"counter"}, Verdict::kAccepted},
  };
  for (const Row& row : rows) {
    const map::RoleAccounts accounts(std::make_unique<Bound>(), row.role_accounts);
    const auto found = accounts.account_of_strings(row.account, row.kind);
    const Verdict verdict = found ? Verdict::kAccepted : found.error().verdict;
    ck_assert_msg(verdict == row.verdict && (!found || *found == row.account[0]), "row %td", &row - rows);
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("several tokens");
  TCase* all = tcase_create("all");
  tcase_add_test(all, a_card_that_two_modules_show_is_read_through_the_first);
  tcase_add_test(all, a_card_that_the_first_module_does_not_understand_is_read_through_the_next);
  tcase_add_test(all, what_lies_behind_a_card_that_was_read_is_read);
  tcase_add_test(all, two_tokens_of_one_module_in_one_reader_are_both_read);
  tcase_add_test(all, a_copy_of_a_certificate_gets_no_pin_that_is_for_the_key);
  tcase_add_test(all, where_nothing_tells_them_apart_the_person_does);
  tcase_add_test(all, another_certificate_is_no_copy);
  tcase_add_test(all, a_rule_keeps_kinds_from_its_tokens);
  tcase_add_test(all, a_rule_says_how_the_pin_is_asked_for);
  tcase_add_test(all, a_pin_that_is_typed_on_the_reader);
  tcase_add_test(all, a_role_certificate_leads_to_role_accounts_alone);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  const World made;
  world = &made;
  return test::run_suite(suite());
}
