// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Cards that their holders register, in the story of a login: what has to be good before the PIN is asked
// for, and before it is said that the card may be registered.
#include "tests/unit/support/check_main.h"
#include "tests/unit/validator/login_fixture.h"

namespace {

using namespace jpki;
using namespace jpki::test;

const std::string kName = "X509:<SHA1-PUKEY>" + std::string(40, 'a');

class FakeSelfRegistration final : public self_registration::SelfRegistration {
 public:
  Expected<std::string, map::MapError> account =
      Unexpected{map::MapError{Verdict::kNotMapped, "not by its holder"}};
  Expected<std::string, std::string> offered = kName;
  bool other_card = false;
  mutable std::vector<std::string> offers;

  Expected<std::string, map::MapError> account_of(const path::VerifiedCertificate&) const override {
    return account;
  }
  Expected<std::string, std::string> offer(const path::VerifiedCertificate&,
                                           const std::string& user) const override {
    offers.push_back(user);
    return offered;
  }
  bool has_other_card(const path::VerifiedCertificate&, const std::string& user) const override {
    ck_assert_str_eq(user.c_str(), "taro");
    return other_card;
  }
};

// A card that no map binds.
struct Unknown : Login {
  FakeSelfRegistration self_registration;
  explicit Unknown(Purpose purpose) {
    own = &self_registration;
    accounts.refusal = Verdict::kNotMapped;
    start.purpose = purpose;
  }
};

START_TEST(a_card_that_may_be_registered) {
  Unknown login(Purpose::kRegister);
  const Outcome outcome = login.run();
  assert_verdict(outcome, Verdict::kAccepted);
  ck_assert(outcome.account == "taro" && outcome.registrable == kName && !outcome.other_card);
  ck_assert(std::ranges::equal(outcome.registrable_certificate, world->certificate()));
  ck_assert(login.person.prompts.at(0).account == "taro" && login.token.signatures == 1);
  ck_assert(login.self_registration.offers == std::vector<std::string>{"taro"});
  ck_assert(login.person.log_lines.back().find(" self_registration=offered") != std::string::npos);
}
END_TEST

// Nobody has logged in: the next login is the first.
START_TEST(a_registration_is_no_login) {
  Unknown login(Purpose::kRegister);
  login.self_registration.other_card = true;
  const Outcome outcome = login.run();
  assert_verdict(outcome, Verdict::kAccepted);
  ck_assert(!outcome.other_card);
  ck_assert(std::filesystem::is_empty(login.noted.path()));
  Unknown later(Purpose::kLogin);
  later.self_registration.account = std::string("taro");
  assert_verdict(later.run(), Verdict::kAccepted);
  ck_assert(!std::filesystem::is_empty(later.noted.path()));
}
END_TEST

// `size` octets, by an extension that nobody knows.
Blob certificate_of(std::size_t size) {
  const auto with = [](std::size_t filling) {
    auto builder = world->builder(world->key);
    builder.add({"2.999.1", false, Blob(filling)});
    return builder.sign(world->ca.jpki_auth[2].key);
  };
  const std::size_t around = with(1000).size() - 1000;  // of one that is long: lengths have two octets
  return with(size - around);
}

START_TEST(a_certificate_is_passed_on_up_to_4_kib) {
  for (const std::size_t size : {kMaxRegistrableDer, kMaxRegistrableDer + 1}) {
    Unknown login(Purpose::kRegister);
    login.token.end_entities[0].der = certificate_of(size);
    ck_assert_uint_eq(login.token.end_entities[0].der.size(), size);
    const Outcome outcome = login.run();
    assert_verdict(outcome, Verdict::kAccepted);
    ck_assert(outcome.registrable == kName);
    ck_assert_uint_eq(outcome.registrable_certificate.size(), size == kMaxRegistrableDer ? size : 0);
  }
}
END_TEST

START_TEST(nothing_is_asked_of_one_that_may_not) {
  const auto refused = [](Verdict verdict, const std::function<void(Unknown&)>& spoil) {
    Unknown login(Purpose::kRegister);
    spoil(login);
    const Outcome outcome = login.run();
    assert_verdict(outcome, verdict);
    assert_nothing_asked(login);
    ck_assert(outcome.registrable.empty());
  };
  refused(Verdict::kRegistrationRefused, [](Unknown& login) { login.own = nullptr; });
  refused(Verdict::kRegistrationRefused, [](Unknown& login) { login.start.user = ""; });
  refused(Verdict::kRegistrationRefused, [](Unknown& login) { login.accounts.refusal.reset(); });
  refused(Verdict::kRegistrationRefused,
          [](Unknown& login) { login.self_registration.offered = Unexpected{std::string("no")}; });
  for (const auto verdict : {Verdict::kMapUnusable, Verdict::kMappingAmbiguous, Verdict::kAccountDisabled})
    refused(verdict, [&](Unknown& login) { login.accounts.refusal = verdict; });
  refused(Verdict::kRevoked, [](Unknown& login) { login.revocation.refusal = Verdict::kRevoked; });
  refused(Verdict::kCertificateUntrusted, [](Unknown& login) { login.anchors.clear(); });
}
END_TEST

START_TEST(without_a_proof_nothing_is_registrable) {
  const auto refused = [](const std::function<void(Unknown&)>& spoil) {
    Unknown login(Purpose::kRegister);
    spoil(login);
    const Outcome outcome = login.run();
    ck_assert(outcome.verdict != Verdict::kAccepted && outcome.registrable.empty());
  };
  refused([](Unknown& login) { login.person.pin = "9999"; });
  refused([](Unknown& login) { login.person.pin = {}; });
  refused([](Unknown& login) { login.token.forged_signature = Blob(256, 1); });
  refused([](Unknown& login) { login.revocation.late_refusal = Verdict::kRevoked; });
}
END_TEST

START_TEST(a_registered_card_logs_in) {
  Unknown login(Purpose::kLogin);
  login.self_registration.account = std::string("taro");
  const Outcome outcome = login.run();
  assert_verdict(outcome, Verdict::kAccepted);
  ck_assert(outcome.account == "taro" && outcome.registrable.empty());
  ck_assert(login.person.log_lines.back().find(" self_registration=known") != std::string::npos);
  Unknown other(Purpose::kLogin);
  other.self_registration.account = std::string("hanako");
  assert_verdict(other.run(), Verdict::kOtherUser);
  assert_nothing_asked(other);
}
END_TEST

START_TEST(one_that_waits_does_not) {
  Unknown waits(Purpose::kLogin);
  waits.self_registration.account = Unexpected{map::MapError{Verdict::kRegistrationPending, "wait"}};
  assert_verdict(waits.run(), Verdict::kRegistrationPending);
  assert_nothing_asked(waits);
  Unknown nobody(Purpose::kLogin);
  assert_verdict(nobody.run(), Verdict::kNotMapped);
  assert_nothing_asked(nobody);
  // What the maps cannot tell, the person's own registration does not mend.
  Unknown unclear(Purpose::kLogin);
  unclear.accounts.refusal = Verdict::kMappingAmbiguous;
  unclear.self_registration.account = std::string("taro");
  assert_verdict(unclear.run(), Verdict::kMappingAmbiguous);
}
END_TEST

START_TEST(the_owner_learns_of_another_card) {
  for (const bool other_card : {false, true}) {
    Unknown login(Purpose::kLogin);
    login.accounts.refusal.reset();
    login.self_registration.other_card = other_card;
    ck_assert(login.run().other_card == other_card);
    login.person.pin = "9999";
    ck_assert(!login.run().other_card);
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("self-registration login");
  TCase* all = tcase_create("all");
  tcase_add_test(all, a_card_that_may_be_registered);
  tcase_add_test(all, a_registration_is_no_login);
  tcase_add_test(all, a_certificate_is_passed_on_up_to_4_kib);
  tcase_add_test(all, nothing_is_asked_of_one_that_may_not);
  tcase_add_test(all, without_a_proof_nothing_is_registrable);
  tcase_add_test(all, a_registered_card_logs_in);
  tcase_add_test(all, one_that_waits_does_not);
  tcase_add_test(all, the_owner_learns_of_another_card);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  static const World made;
  world = &made;
  return run_suite(suite());
}
