// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A smartphone: whether its PIN may be sent, and what becomes of a login by it.
#include "tests/unit/support/check_main.h"
#include "tests/unit/validator/login_fixture.h"
#include "validator/engine/smartphone.h"

#include <algorithm>

namespace {

using namespace jpki;
using namespace jpki::test;
using engine::SmartphonePolicy;

// --- the rule -------------------------------------------------------------------------------------------

struct Asked {
  Start start;
  SmartphonePolicy policy = SmartphonePolicy::kForThisAccount;
  bool reader_is_here = true;
  std::vector<x509::Kind> kinds{x509::Kind::kLgpkiUser, x509::Kind::kJpkiAuthentication};
  std::optional<card::TokenRule> rule;

  Asked() { start.user = "taro"; }
  Verdict verdict() const {
    const auto may = engine::may_ask_its_pin(start, policy, reader_is_here, kinds, rule ? &*rule : nullptr);
    return may ? Verdict::kAccepted : may.error().verdict;
  }
};

struct Rule {
  Verdict verdict;
  void (*change)(Asked&);
};
const Rule kRules[] = {
    {Verdict::kAccepted, [](Asked&) {}},
    {Verdict::kAccepted, [](Asked& a) { a.rule = card::TokenRule{.name = "phone"}; }},
    {Verdict::kSmartphoneNotAllowed, [](Asked& a) { a.policy = SmartphonePolicy::kForNobody; }},
    {Verdict::kSmartphoneNotForAccount, [](Asked& a) { a.policy = SmartphonePolicy::kForOthers; }},
    {Verdict::kSmartphoneWithoutName, [](Asked& a) { a.start.user.clear(); }},
    {Verdict::kSmartphoneWithoutName,
     [](Asked& a) {
       a.start.user.clear();
       a.policy = SmartphonePolicy::kForOthers;
     }},
    {Verdict::kSmartphoneNotAllowed,
     [](Asked& a) {
       a.start.user.clear();
       a.policy = SmartphonePolicy::kForNobody;
     }},
    {Verdict::kSmartphoneNotAllowed, [](Asked& a) { a.start.tries_shown = false; }},
    {Verdict::kSmartphoneNotAllowed, [](Asked& a) { a.start.elsewhere = true; }},
    {Verdict::kSmartphoneNotAllowed, [](Asked& a) { a.reader_is_here = false; }},
    {Verdict::kSmartphoneNotAllowed, [](Asked& a) { a.kinds = {x509::Kind::kLgpkiUser}; }},
    {Verdict::kSmartphoneNotAllowed,
     [](Asked& a) { a.rule = card::TokenRule{.name = "phone", .kinds = {{x509::Kind::kLgpkiUser}}}; }},
    {Verdict::kSmartphoneNotAllowed,
     [](Asked& a) { a.rule = card::TokenRule{.name = "phone", .pin = {.entry = card::PinEntry::kReader}}; }},
    {Verdict::kSmartphoneNotAllowed, [](Asked& a) { a.start.purpose = Purpose::kRegister; }},
    {Verdict::kNotSessionCard, [](Asked& a) { a.start.purpose = Purpose::kPresence; }},
    {Verdict::kNotSessionCard, [](Asked& a) { a.start.purpose = Purpose::kRecent; }},
    {Verdict::kNotSessionCard, [](Asked& a) { a.start.same_card = true; }},
};

START_TEST(whether_its_pin_may_be_asked_for) {
  Asked asked;
  kRules[_i].change(asked);
  const std::string found = code_of(asked.verdict());
  const std::string wanted = code_of(kRules[_i].verdict);
  ck_assert_str_eq(found.c_str(), wanted.c_str());
}
END_TEST

// --- the login ------------------------------------------------------------------------------------------

struct ByPhone : Login {
  ByPhone() {
    token.smartphone = true;
    smartphones = SmartphonePolicy::kForThisAccount;
  }
  auto steps_before(Step step) const { return std::ranges::find(person.steps, step) - person.steps.begin(); }
};

START_TEST(a_good_smartphone_is_accepted) {
  ByPhone login;
  const Outcome outcome = login.run();
  assert_verdict(outcome, Verdict::kAccepted);
  ck_assert_str_eq(outcome.account.c_str(), "taro");
  ck_assert_int_eq(login.token.verifies, 1);
  ck_assert_int_eq(login.token.signatures, 1);
  ck_assert_uint_eq(login.person.prompts.size(), 1);
  const AskPin& asked = login.person.prompts[0];
  ck_assert(asked.smartphone && asked.account == "taro" && asked.tries_left == 3 && asked.max_tries == 3);
  ck_assert(asked.form == PinForm{});
  // Nothing of the session is to be watched, for nothing of it could be read again.
  ck_assert(!outcome.card);
  ck_assert(login.steps_before(Step::kVerifyingPin) < login.steps_before(Step::kCheckingCertificate));
  ck_assert(login.readers.closed);
  ck_assert(std::ranges::any_of(login.person.log_lines, [](const std::string& line) {
    return line.find("medium=smartphone") != std::string::npos;
  }));
}
END_TEST

struct Spoiled {
  Verdict verdict;
  void (*spoil)(ByPhone&);
};

const Spoiled kBeforePin[] = {
    {Verdict::kSmartphoneNotAllowed, [](ByPhone& l) { l.smartphones = SmartphonePolicy::kForNobody; }},
    {Verdict::kSmartphoneNotForAccount, [](ByPhone& l) { l.smartphones = SmartphonePolicy::kForOthers; }},
    {Verdict::kSmartphoneWithoutName, [](ByPhone& l) { l.start.user.clear(); }},
    {Verdict::kSmartphoneNotAllowed, [](ByPhone& l) { l.start.tries_shown = false; }},
    {Verdict::kSmartphoneNotAllowed, [](ByPhone& l) { l.cards_are_here = false; }},
    {Verdict::kNotSessionCard, [](ByPhone& l) { l.start.same_card = true; }},
    {Verdict::kNotSessionCard, [](ByPhone& l) { l.start.purpose = Purpose::kPresence; }},
    {Verdict::kSmartphoneNotAllowed, [](ByPhone& l) { l.start.purpose = Purpose::kRegister; }},
    {Verdict::kSmartphonePinLocked, [](ByPhone& l) { l.token.tries = 0; }},
};

START_TEST(no_pin_is_asked_for_where_it_may_not_be) {
  ByPhone login;
  kBeforePin[_i].spoil(login);
  assert_verdict(login.run(), kBeforePin[_i].verdict);
  assert_nothing_asked(login);
}
END_TEST

const Spoiled kAtPin[] = {
    {Verdict::kCancelled, [](ByPhone& l) { l.person.pin.reset(); }},
    {Verdict::kPinMalformed, [](ByPhone& l) { l.person.pin = "12345"; }},
    {Verdict::kPinMalformed, [](ByPhone& l) { l.person.pin = "12a4"; }},
    {Verdict::kLastTryNotConfirmed, [](ByPhone& l) { l.token.tries = 1; }},
    {Verdict::kTimeout, [](ByPhone& l) { l.person.at_prompt = [&l] { l.clock.time += 6min; }; }},
};

START_TEST(no_verify_that_would_be_for_nothing) {
  ByPhone login;
  kAtPin[_i].spoil(login);
  assert_verdict(login.run(), kAtPin[_i].verdict);
  ck_assert_uint_eq(login.person.prompts.size(), 1);
  ck_assert_int_eq(login.token.verifies, 0);
}
END_TEST

// What is found out of a card before its PIN, of a smartphone after it: refused for the same reasons, by one
// VERIFY, and nothing is signed.
const Spoiled kAfterPin[] = {
    {Verdict::kPinIncorrect, [](ByPhone& l) { l.person.pin = "9999"; }},
    {Verdict::kSmartphonePinLocked,
     [](ByPhone& l) {
       l.token.tries = 1;
       l.person.confirms_last_try = true;
       l.person.pin = "9999";
     }},
    {Verdict::kOtherUser, [](ByPhone& l) { l.accounts.account = "hanako"; }},
    {Verdict::kNotMapped, [](ByPhone& l) { l.accounts.refusal = Verdict::kNotMapped; }},
    {Verdict::kMappingAmbiguous, [](ByPhone& l) { l.accounts.refusal = Verdict::kMappingAmbiguous; }},
    {Verdict::kRevoked, [](ByPhone& l) { l.revocation.refusal = Verdict::kRevoked; }},
    {Verdict::kRevocationUnknown, [](ByPhone& l) { l.revocation.refusal = Verdict::kRevocationUnknown; }},
    {Verdict::kCertificateExpired, [](ByPhone& l) { l.clock.time += std::chrono::years(6); }},
    {Verdict::kCertificateUntrusted, [](ByPhone& l) { l.anchors = anchors_of(world->ca.impostor); }},
    {Verdict::kNoLoginCertificate, [](ByPhone& l) { l.token.end_entities.clear(); }},
    {Verdict::kKindNotAllowed,  // others that log in by card here
     [](ByPhone& l) {
       l.kinds.push_back(x509::Kind::kLgpkiUser);
       l.rules = {{x509::Kind::kLgpkiUser, "2.999.77"}};
       l.anchors[0].kinds.push_back(x509::Kind::kLgpkiUser);
       auto staff = world->builder(world->key);
       staff.replace(testpki::certificate_policies({"2.999.77"}, true));
       l.token.end_entities[0].der = staff.sign(world->ca.jpki_auth[2].key);
     }},
    {Verdict::kCertificateMalformed, [](ByPhone& l) { l.token.end_entities[0].der.pop_back(); }},
    {Verdict::kSeveralCards,
     [](ByPhone& l) {
       l.token.end_entities.push_back(
           {{2}, world->builder(world->key, {0x55}).sign(world->ca.jpki_auth[2].key)});
     }},
};

START_TEST(what_is_read_after_the_pin_is_judged_like_any_certificate) {
  ByPhone login;
  kAfterPin[_i].spoil(login);
  const Outcome outcome = login.run();
  assert_verdict(outcome, kAfterPin[_i].verdict);
  ck_assert_int_eq(login.token.verifies, 1);
  ck_assert_int_eq(login.token.signatures, 0);
  ck_assert(login.readers.closed && !outcome.card);
  ck_assert(login.wrong_pins.noted.empty());
}
END_TEST

// Who would say that it is taro's.
struct RegisteredByHolder final : self_registration::SelfRegistration {
  Expected<std::string, map::MapError> account_of(const path::VerifiedCertificate&) const override {
    return std::string("taro");
  }
  Expected<std::string, std::string> offer(const path::VerifiedCertificate&,
                                           const std::string&) const override {
    return std::string("x");
  }
  bool has_other_card(const path::VerifiedCertificate&, const std::string&) const override { return false; }
};

START_TEST(only_a_map_binds_its_certificate) {
  RegisteredByHolder registered;
  ByPhone login;
  login.accounts.refusal = Verdict::kNotMapped;
  login.own = &registered;
  assert_verdict(login.run(), Verdict::kNotMapped);
  ck_assert_int_eq(login.token.signatures, 0);
  Login by_card;
  by_card.accounts.refusal = Verdict::kNotMapped;
  by_card.own = &registered;
  assert_verdict(by_card.run(), Verdict::kAccepted);
}
END_TEST

START_TEST(what_the_network_answers_counts_as_well) {
  ByPhone login;
  login.revocation.late_refusal = Verdict::kRevoked;
  assert_verdict(login.run(), Verdict::kRevoked);
  ByPhone forged;
  forged.token.forged_signature = Blob(256, 1);
  assert_verdict(forged.run(), Verdict::kProofOfPossessionFailed);
}
END_TEST

START_TEST(the_last_try_needs_a_yes) {
  ByPhone login;
  login.token.tries = 1;
  login.person.confirms_last_try = true;
  assert_verdict(login.run(), Verdict::kAccepted);
  ck_assert(login.person.prompts[0].tries_left == 1);
}
END_TEST

// A card that can log in is preferred, whoever may use a smartphone.
START_TEST(a_card_beside_it_is_used) {
  for (const SmartphonePolicy policy : {SmartphonePolicy::kForNobody, SmartphonePolicy::kForThisAccount}) {
    Login login;
    login.smartphones = policy;
    FakeToken phone(world->certificate(), world->key.pkcs8_pem());
    phone.smartphone = true;
    login.readers.looks = {std::vector<card::Token*>{&phone, &login.token}};
    assert_verdict(login.run(), Verdict::kAccepted);
    ck_assert_int_eq(phone.verifies, 0);
    ck_assert(!login.person.prompts[0].smartphone);
  }
}
END_TEST

// Modules beside each other show one smartphone: the one that cannot use it, and ours.
START_TEST(another_module_may_not_know_it) {
  ByPhone login;
  FakeToken other(world->certificate(), world->key.pkcs8_pem());
  login.readers.looks = {std::vector<card::Token*>{&other, &login.token}};
  other.unreadable = card::CardError{Verdict::kSmartphoneNotAllowed, "OpenSC knows no smartphones"};
  assert_verdict(login.run(), Verdict::kAccepted);
  ck_assert_int_eq(login.token.verifies, 1);
  ByPhone elsewhere;
  elsewhere.readers.looks = {std::vector<card::Token*>{&other, &elsewhere.token}};
  other.reader_name = "Reader 01 00";
  assert_verdict(elsewhere.run(), Verdict::kSmartphoneNotAllowed);
  assert_nothing_asked(elsewhere);
}
END_TEST

// In whatever order they are read.
START_TEST(beside_a_card_that_cannot_be_read_it_is_not_asked) {
  FakeToken broken(world->certificate(), world->key.pkcs8_pem());
  broken.reader_name = "Reader 01 00";
  broken.unreadable = card::CardError{Verdict::kCardError, "CKR_DEVICE_ERROR"};
  FakeToken other(world->certificate(), world->key.pkcs8_pem());
  other.unreadable = card::CardError{Verdict::kSmartphoneNotAllowed, "OpenSC knows no smartphones"};
  for (const bool first : {false, true}) {
    ByPhone login;
    std::vector<card::Token*> tokens{&other, &login.token};
    tokens.insert(first ? tokens.begin() : tokens.end(), &broken);
    login.readers.looks = {tokens};
    assert_verdict(login.run(), Verdict::kCardError);
    assert_nothing_asked(login);
  }
}
END_TEST

START_TEST(nobody_guesses_between_two) {
  ByPhone login;
  FakeToken other(world->certificate(), world->key.pkcs8_pem());
  other.smartphone = true;
  login.readers.looks = {std::vector<card::Token*>{&login.token, &other}};
  assert_verdict(login.run(), Verdict::kSeveralCards);
  assert_nothing_asked(login);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("smartphone");
  TCase* rule = tcase_create("rule");
  tcase_add_loop_test(rule, whether_its_pin_may_be_asked_for, 0, std::ssize(kRules));
  suite_add_tcase(suite, rule);
  TCase* login = tcase_create("login");
  tcase_add_test(login, a_good_smartphone_is_accepted);
  tcase_add_loop_test(login, no_pin_is_asked_for_where_it_may_not_be, 0, std::ssize(kBeforePin));
  tcase_add_loop_test(login, no_verify_that_would_be_for_nothing, 0, std::ssize(kAtPin));
  tcase_add_loop_test(login, what_is_read_after_the_pin_is_judged_like_any_certificate, 0,
                      std::ssize(kAfterPin));
  tcase_add_test(login, only_a_map_binds_its_certificate);
  tcase_add_test(login, what_the_network_answers_counts_as_well);
  tcase_add_test(login, the_last_try_needs_a_yes);
  tcase_add_test(login, a_card_beside_it_is_used);
  tcase_add_test(login, another_module_may_not_know_it);
  tcase_add_test(login, beside_a_card_that_cannot_be_read_it_is_not_asked);
  tcase_add_test(login, nobody_guesses_between_two);
  suite_add_tcase(suite, login);
  return suite;
}

}  // namespace

int main() {
  const World made;
  world = &made;
  return jpki::test::run_suite(suite());
}
