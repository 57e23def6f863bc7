// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/authenticate.h"

#include "tests/unit/support/check_main.h"
#include "tests/unit/validator/login_fixture.h"
#include "validator/card/card_mark.h"
#include "validator/engine/proof_of_possession.h"
#include "validator/engine/pseudonym.h"

#include <algorithm>

namespace {

using namespace jpki;
using namespace std::chrono_literals;
using namespace jpki::test;
using testpki::PrivateKey;

START_TEST(a_good_card_and_pin_are_accepted) {
  Login login;
  const Outcome outcome = login.run();
  assert_verdict(outcome, Verdict::kAccepted);
  ck_assert_str_eq(outcome.account.c_str(), "taro");
  ck_assert(outcome.nonce == login.start.nonce);
  ck_assert_int_eq(login.token.verifies, 1);
  ck_assert_int_eq(login.token.signatures, 1);
  ck_assert_int_eq(login.token.authority_reads, 0);
  ck_assert(login.readers.closed);
  ck_assert_uint_eq(login.person.prompts.size(), 1);
  ck_assert(login.person.prompts[0].tries_left == 3);
  ck_assert_uint_eq(login.person.prompts[0].form.max_length, 4);
}
END_TEST

START_TEST(a_login_tells_by_which_card) {
  Login login;
  Outcome outcome = login.run();
  ck_assert(outcome.card && outcome.card->reader == "Reader 00 00");
  ck_assert(outcome.card->mark == card::card_mark(login.start.nonce, login.token.end_entities[0].der));
  Login again;
  again.start.nonce.fill(0x77);
  ck_assert(again.run().card->mark != outcome.card->mark);
  Login refused;
  refused.token.pin = "9999";
  outcome = refused.run();
  assert_verdict(outcome, Verdict::kPinIncorrect);
  ck_assert(!outcome.card);
}
END_TEST

// RFC 4231, test case 2.
START_TEST(a_mark_is_an_hmac) {
  const CardMark mark = card::card_mark(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"));
  ck_assert(to_hex(mark) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
END_TEST

START_TEST(without_a_user_name_the_card_says_who) {
  Login login;
  login.start.user.clear();
  login.accounts.account = "hanako";
  const Outcome outcome = login.run();
  assert_verdict(outcome, Verdict::kAccepted);
  ck_assert_str_eq(outcome.account.c_str(), "hanako");
}
END_TEST

struct Spoiled {
  Verdict verdict;
  void (*spoil)(Login&);
};

// Everything that is found out before a PIN is needed.
const Spoiled kBeforePin[] = {
    {Verdict::kRevoked, [](Login& l) { l.revocation.refusal = Verdict::kRevoked; }},
    {Verdict::kRevocationUnknown, [](Login& l) { l.revocation.refusal = Verdict::kRevocationUnknown; }},
    {Verdict::kNotMapped, [](Login& l) { l.accounts.refusal = Verdict::kNotMapped; }},
    {Verdict::kMappingAmbiguous, [](Login& l) { l.accounts.refusal = Verdict::kMappingAmbiguous; }},
    {Verdict::kOtherUser, [](Login& l) { l.accounts.account = "hanako"; }},
    {Verdict::kCertificateExpired, [](Login& l) { l.clock.time += std::chrono::years(6); }},
    {Verdict::kCertificateNotYetValid, [](Login& l) { l.clock.time -= std::chrono::years(2); }},
    {Verdict::kCertificateUntrusted, [](Login& l) { l.anchors = anchors_of(world->ca.jpki_auth[1]); }},
    {Verdict::kCertificateUntrusted, [](Login& l) { l.anchors = anchors_of(world->ca.impostor); }},
    {Verdict::kCertificateUntrusted,
     [](Login& l) {
       // The issuer's own certificate lies on the card: never an anchor.
       l.anchors = anchors_of(world->ca.lgpki_root[0]);
       l.token.authorities = {{{2}, world->ca.jpki_auth[2].certificate}};
     }},
    {Verdict::kPolicyNotAccepted,
     [](Login& l) {
       // An intermediate for other purposes cannot make a login certificate by naming its own policy beside
       // JPKI's.
       auto sub_ca = world->builder(world->other_key, {0x77});
       sub_ca.subject = testpki::distinguished_name({testpki::common_name("Sub CA")});
       sub_ca.replace(testpki::basic_constraints(true))
           .replace(testpki::key_usage({testpki::KeyUsage::kKeyCertSign}));
       sub_ca.replace(testpki::certificate_policies({"2.999.77"}, true))
           .remove(testpki::oid::kExtendedKeyUsage);
       auto leaf = world->builder(world->key);
       leaf.issuer = sub_ca.subject;
       leaf.replace(testpki::certificate_policies({"2.999.77", testpki::kJpkiAuthenticationPolicy}, true));
       l.token.authorities = {{{2}, sub_ca.sign(world->ca.jpki_auth[2].key)}};
       l.token.end_entities[0].der = leaf.sign(world->other_key);
     }},
    {Verdict::kAnchorRetired, [](Login& l) { l.anchors[0].accept_until = kToday; }},
    {Verdict::kKindNotAllowed, [](Login& l) { l.kinds = {x509::Kind::kLgpkiUser}; }},
    {Verdict::kKindJpkiSignature,
     [](Login& l) {
       auto certificate = testpki::signature_certificate(
           world->settings, world->ca.jpki_auth[2], kCity,
           {kHolder, {1}, world->key.subject_public_key_info(), world->key.key_identifier()});
       l.token.end_entities[0].der = certificate.sign(world->ca.jpki_auth[2].key);
     }},
    {Verdict::kNoLoginCertificate, [](Login& l) { l.token.end_entities.clear(); }},
    {Verdict::kCertificateMalformed, [](Login& l) { l.token.end_entities[0].der.pop_back(); }},
    {Verdict::kPinLocked, [](Login& l) { l.token.tries = 0; }},
    {Verdict::kCardRemoved,
     [](Login& l) {
       l.token.unreadable = card::CardError{Verdict::kCardRemoved, "CKR_DEVICE_REMOVED"};
     }},
    {Verdict::kNoCard,
     [](Login& l) {
       l.readers.looks = {Unexpected{card::CardError{Verdict::kNoCard, "no token"}}};
     }},
    {Verdict::kCardServiceDown,
     [](Login& l) {
       l.readers.looks = {Unexpected{card::CardError{Verdict::kCardServiceDown, "no pcscd"}}};
     }},
    {Verdict::kCancelled,
     [](Login& l) {
       l.readers.looks = {Unexpected{card::CardError{Verdict::kNoCard, "no token"}}};
       l.start.wait_for_card_ms = 60000;
       l.person.hangs_up = true;
     }},
};

START_TEST(no_pin_is_asked_for_a_card_that_cannot_log_in) {
  Login login;
  kBeforePin[_i].spoil(login);
  const Outcome outcome = login.run();
  assert_verdict(outcome, kBeforePin[_i].verdict);
  assert_nothing_asked(login);
}
END_TEST

// What goes wrong with or after the PIN.
const Spoiled kAfterPin[] = {
    {Verdict::kPinIncorrect, [](Login& l) { l.person.pin = "9999"; }},
    {Verdict::kPinMalformed, [](Login& l) { l.person.pin = "12345"; }},
    {Verdict::kCancelled, [](Login& l) { l.person.pin.reset(); }},
    {Verdict::kTimeout, [](Login& l) { l.person.at_prompt = [&l] { l.clock.time += 6min; }; }},
    {Verdict::kLastTryNotConfirmed, [](Login& l) { l.token.tries = 1; }},
    {Verdict::kProofOfPossessionFailed, [](Login& l) { l.token.forged_signature = Blob{}; }},
    {Verdict::kProofOfPossessionFailed, [](Login& l) { l.token.forged_signature = Blob(256); }},
    {Verdict::kProofOfPossessionFailed, [](Login& l) { l.token.forged_signature = Blob(16, 1); }},
    {Verdict::kRevoked, [](Login& l) { l.revocation.late_refusal = Verdict::kRevoked; }},
    {Verdict::kRevocationUnknown, [](Login& l) { l.revocation.late_refusal = Verdict::kRevocationUnknown; }},
};

START_TEST(what_fails_at_the_pin_or_later_is_never_accepted) {
  Login login;
  kAfterPin[_i].spoil(login);
  if (!login.revocation.late_refusal)
    login.revocation.at_conclude = [] { ck_abort_msg("concluded for who does not hold the key"); };
  const Outcome outcome = login.run();
  assert_verdict(outcome, kAfterPin[_i].verdict);
  ck_assert_uint_eq(login.person.prompts.size(), 1);
  ck_assert_int_le(login.token.verifies, kAfterPin[_i].verdict == Verdict::kTimeout ? 0 : 1);
  ck_assert(login.readers.closed);
}
END_TEST

// What the network sent is looked at when no PIN is known any more and no card is PIN-verified.
START_TEST(revocation_is_begun_before_the_pin_and_concluded_after_the_cards_are_closed) {
  Login login;
  bool begun = false, concluded = false;
  login.revocation.at_begin = [&] {
    begun = true;
    ck_assert_uint_eq(login.person.prompts.size(), 0);
  };
  login.revocation.at_conclude = [&] {
    concluded = true;
    ck_assert_int_eq(login.token.signatures, 1);
    ck_assert(login.token.logged_out && login.readers.closed);
  };
  assert_verdict(login.run(), Verdict::kAccepted);
  ck_assert(begun && concluded);
}
END_TEST

START_TEST(other_programs_may_use_the_card_while_the_person_types) {
  Login login;
  int before_the_prompt = 0;
  login.person.at_prompt = [&] { before_the_prompt = login.readers.let_go; };
  assert_verdict(login.run(), Verdict::kAccepted);
  ck_assert_int_eq(before_the_prompt, 1);
  ck_assert_int_eq(login.readers.let_go, 1);
}
END_TEST

START_TEST(a_wrong_pin_tells_the_tries_left) {
  Login login;
  login.person.pin = "0000";
  ck_assert(login.run().tries_left == 2);
}
END_TEST

START_TEST(a_copied_certificate_on_another_key_is_refused) {
  Login login;
  test::FakeToken clone(world->certificate(), world->other_key.pkcs8_pem());
  login.readers.looks = {std::vector<card::Token*>{&clone}};
  assert_verdict(login.run(), Verdict::kProofOfPossessionFailed);
}
END_TEST

START_TEST(a_replayed_signature_is_refused) {
  Login first;
  assert_verdict(first.run(), Verdict::kAccepted);
  for (void (*change)(Start&) :
       {+[](Start& s) { s.nonce[0] ^= 1; }, +[](Start& s) { s.service = "sudo"; },
        +[](Start& s) { s.host = "terminal-8"; }, +[](Start& s) { s.terminal = "tty2"; }}) {
    Login replay;
    change(replay.start);
    replay.token.forged_signature = first.token.last_signature;
    assert_verdict(replay.run(), Verdict::kProofOfPossessionFailed);
  }
  Login later;
  later.clock.time += 1s;
  later.token.forged_signature = first.token.last_signature;
  assert_verdict(later.run(), Verdict::kProofOfPossessionFailed);
}
END_TEST

START_TEST(a_p384_key_logs_in) {
  Login login;
  test::FakeToken token(world->builder(world->ec_key).sign(world->ca.jpki_auth[2].key),
                        world->ec_key.pkcs8_pem());
  login.readers.looks = {std::vector<card::Token*>{&token}};
  assert_verdict(login.run(), Verdict::kAccepted);
  token.forged_signature = Blob(96, 1);
  assert_verdict(login.run(), Verdict::kProofOfPossessionFailed);
  token.forged_signature = Blob(95, 1);
  assert_verdict(login.run(), Verdict::kProofOfPossessionFailed);
}
END_TEST

START_TEST(a_card_inserted_during_the_wait_is_found) {
  Login login;
  const card::CardError no_card{Verdict::kNoCard, "no token"};
  login.readers.looks = {Unexpected{no_card}, Unexpected{no_card}, std::vector<card::Token*>{&login.token}};
  login.start.wait_for_card_ms = 60000;
  assert_verdict(login.run(), Verdict::kAccepted);
  ck_assert_int_eq(static_cast<int>(std::ranges::count(login.person.steps, Step::kWaitingForCard)), 1);
}
END_TEST

// Where pcscd tells of changes nothing is added to its wait; elsewhere the next look is a little later.
START_TEST(the_next_look_follows_a_change_at_once) {
  const card::CardError no_card{Verdict::kNoCard, "no token"};
  for (const bool told : {true, false}) {
    Login login;
    login.readers.looks = {Unexpected{no_card}, std::vector<card::Token*>{&login.token}};
    login.readers.tells_of_changes = told;
    login.start.wait_for_card_ms = 60000;
    assert_verdict(login.run(), Verdict::kAccepted);
    ck_assert_uint_eq(login.person.pauses.size(), 1);
    ck_assert((login.person.pauses[0] == 0ms) == told);
  }
}
END_TEST

START_TEST(only_a_card_that_can_come_is_waited_for) {
  for (const Verdict verdict : {Verdict::kCardServiceDown, Verdict::kCardBusy}) {
    Login login;
    login.readers.looks = {Unexpected{card::CardError{verdict, "scripted"}},
                           std::vector<card::Token*>{&login.token}};
    login.start.wait_for_card_ms = 60000;
    assert_verdict(login.run(), verdict);
    ck_assert_int_eq(static_cast<int>(std::ranges::count(login.person.steps, Step::kWaitingForCard)), 0);
  }
}
END_TEST

START_TEST(an_unreadable_token_beside_a_good_one_does_no_harm) {
  Login login;
  test::FakeToken broken(world->certificate(), world->key.pkcs8_pem());
  broken.unreadable = card::CardError{Verdict::kCardError, "CKR_DEVICE_ERROR"};
  login.readers.looks = {std::vector<card::Token*>{&broken, &login.token}};
  assert_verdict(login.run(), Verdict::kAccepted);
  ck_assert(login.person.log_lines[0].find("CKR_DEVICE_ERROR") != std::string::npos);
}
END_TEST

// What a card is taken for until its reader notices that it was lifted.
const Spoiled kLifted[] = {
    {Verdict::kNoReader,
     [](Login& l) {
       l.readers.looks = {Unexpected{card::CardError{Verdict::kNoReader, "unplugged"}}};
     }},
    {Verdict::kNoCard,
     [](Login& l) {
       l.readers.looks = {Unexpected{card::CardError{Verdict::kNoCard, "none"}}};
     }},
    {Verdict::kCardNotRecognised,
     [](Login& l) {
       l.readers.looks = {Unexpected{card::CardError{Verdict::kCardNotRecognised, "strange"}}};
     }},
    {Verdict::kCardError,
     [](Login& l) {
       l.token.unreadable = card::CardError{Verdict::kCardError, "broken"};
     }},
    {Verdict::kCertificateMalformed, [](Login& l) { l.token.end_entities[0].der.clear(); }},
    {Verdict::kNoLoginCertificate, [](Login& l) { l.token.end_entities.clear(); }},
};

START_TEST(a_lifted_card_is_told_as_that) {
  for (const bool left : {true, false}) {
    Login login;
    kLifted[_i].spoil(login);
    login.readers.left = left;
    assert_verdict(login.run(), left ? Verdict::kCardRemoved : kLifted[_i].verdict);
    ck_assert_int_eq(login.readers.asked_for_presence, 1);
    assert_nothing_asked(login);
  }
}
END_TEST

START_TEST(nobody_waits_for_a_card_that_did_its_part) {
  Login login;
  login.readers.left = true;
  login.token.forged_signature = Blob(256);
  assert_verdict(login.run(), Verdict::kProofOfPossessionFailed);
  ck_assert_int_eq(login.readers.asked_for_presence, 0);
  Login wrong;
  wrong.readers.left = true;
  wrong.person.pin = "9999";
  assert_verdict(wrong.run(), Verdict::kPinIncorrect);
  ck_assert_int_eq(wrong.readers.asked_for_presence, 0);
  Login done;
  done.readers.left_by_now = true;
  assert_verdict(done.run(), Verdict::kAccepted);
}
END_TEST

START_TEST(the_record_tells_everything_but_who) {
  Login login;
  login.revocation.at_begin = [&] {
    const auto now = Deadline::ClockType::now();
    login.revocation.traces = {{"platform", 0, "JPKI-403", "stale", now, now}, {"crl", 1, "good", ""}};
  };
  const Outcome outcome = login.run();
  const std::string& line = login.person.log_lines.back();
  for (const char* part : {"evidence for JPKI-000", "kind=jpki-authentication", "anchor=jpki-auth-g3",
                           "revocation=crl:<1d", "steps=looking-for-card:+0ms/", ",signing:+",
                           ",reading-evidence:+", " platform=asked:+", ",JPKI-403(\"stale\") crl/1=good"})
    ck_assert_msg(line.find(part) != std::string::npos, "%s is not in: %s", part, line.c_str());
  ck_assert_uint_eq(outcome.certificate_pseudonym.size(), 16);
  ck_assert(line.find(outcome.certificate_pseudonym) != std::string::npos);
  for (const char* personal : {"11223344", "44332211", kHolder, kCity.code, kCity.city})
    ck_assert_msg(line.find(personal) == std::string::npos, "%s is in: %s", personal, line.c_str());
}
END_TEST

START_TEST(a_session_learns_the_label_of_its_token) {
  Login login;
  ck_assert(login.run().token_label == "JPKI (User Authentication PIN)");
  for (const char* label : {"", "カード", "a\nb"}) {
    Login odd;
    odd.token.token_label = label;
    const Outcome outcome = odd.run();
    ck_assert(outcome.verdict == Verdict::kAccepted && outcome.token_label.empty());
  }
  Login refused;
  refused.token.pin = "9999";
  ck_assert(refused.run().token_label.empty());
}
END_TEST

START_TEST(pseudonyms_need_the_key_of_the_site) {
  const Blob certificate = world->certificate();
  ck_assert(engine::pseudonym_of(certificate, {}).empty());
  ck_assert(engine::pseudonym_of(certificate, Blob(32, 1)) != engine::pseudonym_of(certificate, Blob(32, 2)));
}
END_TEST

START_TEST(no_two_logins_share_a_challenge) {
  Start a;
  a.service = "ab";
  a.host = "c";
  Start b;
  b.service = "a";
  b.host = "bc";
  ck_assert(engine::make_challenge(a, "x", kToday) != engine::make_challenge(b, "x", kToday));
  ck_assert(engine::make_challenge(a, "x", kToday) != engine::make_challenge(a, "y", kToday));
  ck_assert(engine::make_challenge(a, "x", kToday) == engine::make_challenge(a, "x", kToday));
}
END_TEST

Suite* authenticate_suite() {
  Suite* suite = suite_create("authenticate");
  TCase* tests = tcase_create("authenticate");
  tcase_add_test(tests, a_good_card_and_pin_are_accepted);
  tcase_add_test(tests, a_login_tells_by_which_card);
  tcase_add_test(tests, a_mark_is_an_hmac);
  tcase_add_test(tests, without_a_user_name_the_card_says_who);
  tcase_add_loop_test(tests, no_pin_is_asked_for_a_card_that_cannot_log_in, 0,
                      static_cast<int>(std::size(kBeforePin)));
  tcase_add_loop_test(tests, what_fails_at_the_pin_or_later_is_never_accepted, 0,
                      static_cast<int>(std::size(kAfterPin)));
  tcase_add_test(tests, revocation_is_begun_before_the_pin_and_concluded_after_the_cards_are_closed);
  tcase_add_test(tests, other_programs_may_use_the_card_while_the_person_types);
  tcase_add_test(tests, a_wrong_pin_tells_the_tries_left);
  tcase_add_test(tests, a_copied_certificate_on_another_key_is_refused);
  tcase_add_test(tests, a_replayed_signature_is_refused);
  tcase_add_test(tests, a_p384_key_logs_in);
  tcase_add_test(tests, a_card_inserted_during_the_wait_is_found);
  tcase_add_test(tests, the_next_look_follows_a_change_at_once);
  tcase_add_test(tests, only_a_card_that_can_come_is_waited_for);
  tcase_add_test(tests, an_unreadable_token_beside_a_good_one_does_no_harm);
  tcase_add_loop_test(tests, a_lifted_card_is_told_as_that, 0, std::size(kLifted));
  tcase_add_test(tests, nobody_waits_for_a_card_that_did_its_part);
  tcase_add_test(tests, the_record_tells_everything_but_who);
  tcase_add_test(tests, a_session_learns_the_label_of_its_token);
  tcase_add_test(tests, pseudonyms_need_the_key_of_the_site);
  tcase_add_test(tests, no_two_logins_share_a_challenge);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  const World made;
  world = &made;
  return jpki::test::run_suite(authenticate_suite());
}
