// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A renewed card in the story of a login: when who is asked, and what becomes of the answer.
#include "tests/unit/support/check_main.h"
#include "tests/unit/validator/login_fixture.h"
#include "validator/card/card_mark.h"

namespace {

using namespace jpki;
using namespace jpki::test;

class FakeSuccession final : public succession::Succession {
 public:
  Expected<succession::Proposal, std::string> proposal = succession::Proposal{"taro", true};
  Expected<std::uint8_t, std::string> confirmation = std::uint8_t{14};
  Expected<bool, std::string> counts = true;
  mutable std::vector<std::string> named;
  std::vector<std::string> confirmed;
  mutable int kept = 0;
  std::function<void()> at_confirm = [] {};

  Expected<succession::Proposal, std::string> propose(const path::VerifiedCertificate&,
                                                      const std::string& user) const override {
    named.push_back(user);
    return proposal;
  }
  Expected<std::uint8_t, std::string> confirm(const path::VerifiedCertificate&,
                                              const std::string& account) override {
    confirmed.push_back(account);
    at_confirm();
    return confirmation;
  }
  void keep(const path::VerifiedCertificate&, Time) const override { ++kept; }
  Expected<bool, std::string> still_counts(const path::VerifiedCertificate&, Time) const override {
    return counts;
  }
};

// A card that no map binds.
struct Renewed : Login {
  FakeSuccession succession;
  Renewed() {
    successor = &succession;
    accounts.refusal = Verdict::kNotMapped;
  }
};

START_TEST(a_renewed_card_logs_in) {
  Renewed login;
  login.succession.at_confirm = [&] {
    ck_assert_int_eq(login.token.signatures, 1);
    ck_assert(login.readers.closed);
  };
  const Outcome outcome = login.run();
  assert_verdict(outcome, Verdict::kAccepted);
  ck_assert(outcome.account == "taro" && outcome.overlap_days == 14);
  ck_assert(login.person.prompts.at(0).account == "taro");
  ck_assert(login.succession.named == std::vector<std::string>{"taro"} &&
            login.succession.confirmed == std::vector<std::string>{"taro"});
  ck_assert(login.person.log_lines.back().find(" succession=registered") != std::string::npos);
}
END_TEST

// Its holder's own registration may still wait.
struct RegistrationWaits final : self_registration::SelfRegistration {
  Verdict verdict = Verdict::kRegistrationPending;
  Expected<std::string, map::MapError> account_of(const path::VerifiedCertificate&) const override {
    return Unexpected{map::MapError{verdict, "by its holder"}};
  }
  Expected<std::string, std::string> offer(const path::VerifiedCertificate&,
                                           const std::string&) const override {
    return Unexpected{std::string("not asked")};
  }
  bool has_other_card(const path::VerifiedCertificate&, const std::string&) const override { return false; }
};

START_TEST(a_renewed_card_logs_in_whatever_its_holder_has_begun) {
  for (const Verdict verdict : {Verdict::kRegistrationPending, Verdict::kNotMapped}) {
    RegistrationWaits waits;
    waits.verdict = verdict;
    Renewed login;
    login.own = &waits;
    assert_verdict(login.run(), Verdict::kAccepted);
    // What nobody knows is told as that: why it stands in no other's place, or that it waits.
    Renewed unknown;
    unknown.own = &waits;
    unknown.succession.proposal = Unexpected{std::string("feed says no")};
    assert_verdict(unknown.run(), verdict);
    const bool by_feed = unknown.person.log_lines.back().find("feed says no") != std::string::npos;
    ck_assert_int_eq(by_feed, verdict == Verdict::kNotMapped);
  }
}
END_TEST

START_TEST(one_that_is_registered_here_is_not_registered_again) {
  Renewed login;
  login.succession.proposal = succession::Proposal{"taro", false};
  const Outcome outcome = login.run();
  assert_verdict(outcome, Verdict::kAccepted);
  ck_assert(!outcome.overlap_days && login.succession.confirmed.empty());
  ck_assert(login.person.log_lines.back().find(" succession=known") != std::string::npos);
}
END_TEST

START_TEST(no_source_is_asked_before_the_proof) {
  Renewed wrong_pin;
  wrong_pin.person.pin = "9999";
  assert_verdict(wrong_pin.run(), Verdict::kPinIncorrect);
  ck_assert(wrong_pin.succession.confirmed.empty());
  Renewed cancelled;
  cancelled.person.pin = {};
  assert_verdict(cancelled.run(), Verdict::kCancelled);
  ck_assert(cancelled.succession.confirmed.empty());
  Renewed forged;
  forged.token.forged_signature = Blob(256, 1);
  ck_assert(forged.run().verdict != Verdict::kAccepted && forged.succession.confirmed.empty());
  Renewed revoked;
  revoked.revocation.late_refusal = Verdict::kRevoked;
  assert_verdict(revoked.run(), Verdict::kRevoked);
  ck_assert(revoked.succession.confirmed.empty());
  Renewed revoked_before;
  revoked_before.revocation.refusal = Verdict::kRevoked;
  assert_verdict(revoked_before.run(), Verdict::kRevoked);
  ck_assert(revoked_before.succession.named.empty());
}
END_TEST

START_TEST(refusals_are_those_of_an_unregistered_card) {
  Renewed unknown;
  unknown.succession.proposal = Unexpected{std::string("feed says no")};
  assert_verdict(unknown.run(), Verdict::kNotMapped);
  assert_nothing_asked(unknown);
  ck_assert(unknown.person.log_lines.back().find("succession: feed says no") != std::string::npos);
  Renewed unconfirmed;
  unconfirmed.succession.confirmation = Unexpected{std::string("they disagree")};
  const Outcome outcome = unconfirmed.run();
  assert_verdict(outcome, Verdict::kNotMapped);
  ck_assert(!outcome.overlap_days);
  ck_assert(unconfirmed.person.log_lines.back().find("succession: they disagree") != std::string::npos);
  Renewed other;
  other.succession.proposal = succession::Proposal{"hanako", true};
  assert_verdict(other.run(), Verdict::kOtherUser);
  assert_nothing_asked(other);
  // Only a card that nobody is bound to: never one that the map refuses for another reason.
  for (const Verdict verdict :
       {Verdict::kMappingAmbiguous, Verdict::kMapUnusable, Verdict::kAccountDisabled}) {
    Renewed refused;
    refused.accounts.refusal = verdict;
    assert_verdict(refused.run(), verdict);
    ck_assert(refused.succession.named.empty());
  }
  Renewed off;
  off.successor = nullptr;
  assert_verdict(off.run(), Verdict::kNotMapped);
}
END_TEST

START_TEST(the_older_card) {
  Renewed login;
  login.accounts.refusal = {};
  assert_verdict(login.run(), Verdict::kAccepted);
  ck_assert(login.succession.named.empty() && login.succession.confirmed.empty());
  ck_assert_int_eq(login.succession.kept, 1);
  Renewed over;
  over.accounts.refusal = {};
  over.succession.counts = false;
  assert_verdict(over.run(), Verdict::kNotMapped);
  assert_nothing_asked(over);
  ck_assert(over.person.log_lines.back().find(" succession=over") != std::string::npos);
  Renewed damaged;
  damaged.accounts.refusal = {};
  damaged.succession.counts = Unexpected{std::string("overlay:3: is no entry")};
  assert_verdict(damaged.run(), Verdict::kMapUnusable);
  assert_nothing_asked(damaged);
}
END_TEST

START_TEST(only_an_accepted_login_by_a_map_keeps_the_certificate) {
  Renewed renewed;
  assert_verdict(renewed.run(), Verdict::kAccepted);
  ck_assert_int_eq(renewed.succession.kept, 0);
  Renewed wrong_pin;
  wrong_pin.accounts.refusal = {};
  wrong_pin.person.pin = "9999";
  assert_verdict(wrong_pin.run(), Verdict::kPinIncorrect);
  ck_assert_int_eq(wrong_pin.succession.kept, 0);
  Renewed revoked;
  revoked.accounts.refusal = {};
  revoked.revocation.late_refusal = Verdict::kRevoked;
  assert_verdict(revoked.run(), Verdict::kRevoked);
  ck_assert_int_eq(revoked.succession.kept, 0);
  Renewed smartphone;  // what takes the place of its certificate is issued for a smartphone, and no card
  smartphone.accounts.refusal = {};
  smartphone.token.smartphone = true;
  smartphone.smartphones = engine::SmartphonePolicy::kForThisAccount;
  assert_verdict(smartphone.run(), Verdict::kAccepted);
  ck_assert_int_eq(smartphone.succession.kept, 0);
}
END_TEST

START_TEST(unlocking_without_a_pin_registers_nothing) {
  CardSession opened;
  opened.key.fill(1);
  opened.mark = card::card_mark(opened.key, world->certificate());
  Renewed login;
  login.start.purpose = Purpose::kPresence;
  login.start.sessions = {opened};
  assert_verdict(login.run(), Verdict::kNotMapped);
  ck_assert(login.succession.confirmed.empty());
  Renewed known;
  known.start.purpose = Purpose::kPresence;
  known.start.sessions = {opened};
  known.succession.proposal = succession::Proposal{"taro", false};
  assert_verdict(known.run(), Verdict::kAccepted);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("succession login");
  TCase* all = tcase_create("all");
  tcase_add_test(all, a_renewed_card_logs_in);
  tcase_add_test(all, a_renewed_card_logs_in_whatever_its_holder_has_begun);
  tcase_add_test(all, one_that_is_registered_here_is_not_registered_again);
  tcase_add_test(all, no_source_is_asked_before_the_proof);
  tcase_add_test(all, refusals_are_those_of_an_unregistered_card);
  tcase_add_test(all, the_older_card);
  tcase_add_test(all, only_an_accepted_login_by_a_map_keeps_the_certificate);
  tcase_add_test(all, unlocking_without_a_pin_registers_nothing);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  static const World made;
  world = &made;
  return run_suite(suite());
}
