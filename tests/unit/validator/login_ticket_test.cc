// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The Kerberos ticket as a part of the login: what the card signs, when anybody else has it, and what becomes
// of a login without.
#include "base/sandbox/sanitized.h"
#include "tests/unit/support/check_main.h"
#include "tests/unit/validator/login_fixture.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using testpki::PrivateKey;

// Of a ticket, as it may lie in memory.
constexpr std::string_view kTicket = "a ticket and its session key";
std::atomic<bool> watched = false;
std::atomic<int> unwiped = 0;

// Memory that is given back.
[[maybe_unused]] void give_back(void* memory) {
  const bool look = memory != nullptr && watched;
  if (look &&
      std::string_view(static_cast<const char*>(memory), ::malloc_usable_size(memory)).find(kTicket) !=
          std::string_view::npos)
    ++unwiped;
  std::free(memory);
}

struct TicketLogin : Login {
  TicketLogin() { brings_ticket = true; }
};

START_TEST(a_login_brings_a_ticket_by_the_same_verify) {
  TicketLogin login;
  login.ticketing.at_begin = [&] { ck_assert_uint_eq(login.person.prompts.size(), 0); };
  login.ticketing.at_sign = [&] {
    ck_assert_int_eq(login.token.signatures, 1);  // the card has proven itself
    ck_assert(!login.token.logged_out);
  };
  login.ticketing.at_conclude = [&] { ck_assert(login.readers.closed); };
  const Outcome outcome = login.run();
  assert_verdict(outcome, Verdict::kAccepted);
  ck_assert(!outcome.no_ticket && !outcome.ticket_required);
  ck_assert_int_eq(login.token.verifies, 1);
  ck_assert_int_eq(login.token.signatures, 2);
  ck_assert_uint_eq(login.person.prompts.size(), 1);
  ck_assert(login.token.logged_out);
  ck_assert_str_eq(login.ticketing.account.c_str(), "taro");
  ck_assert(login.ticketing.certificate == login.token.end_entities[0].der);
  ck_assert_uint_eq(login.ticketing.authorities.size(), 1);
  ck_assert(login.ticketing.authorities[0] == to_blob(login.anchors[0].certificate.der()));
  ck_assert(login.ticketing.signature == login.token.last_signature);
  ck_assert(login.person.ticket_octets == Blob({'t', 'g', 't'}));
}
END_TEST

START_TEST(a_ticket_is_wiped) {
  TicketLogin login;
  login.ticketing.ticket = to_blob(as_bytes(kTicket));
  watched = true;
  const Outcome outcome = login.run();
  ck_assert_int_eq(unwiped, 0);
  ck_assert(login.person.ticket_octets == login.ticketing.ticket);
  login.person.ticket_octets = Blob();  // not wiped by us: proves that the watch works
  ck_assert_int_eq(unwiped, 1);
  watched = false;
  assert_verdict(outcome, Verdict::kAccepted);
}
END_TEST

START_TEST(the_signature_stays_here_until_the_login_is_accepted) {
  TicketLogin login;
  bool revocation_done = false;
  login.revocation.at_conclude = [&] { revocation_done = true; };
  login.ticketing.at_conclude = [&] { ck_assert(revocation_done); };
  assert_verdict(login.run(), Verdict::kAccepted);
  TicketLogin revoked;
  revoked.revocation.late_refusal = Verdict::kRevoked;
  revoked.ticketing.at_conclude = [] { ck_abort_msg("a revoked card gave a signature away"); };
  const Outcome outcome = revoked.run();
  assert_verdict(outcome, Verdict::kRevoked);
  ck_assert(revoked.ticketing.signature.empty() && revoked.person.ticket_octets.empty());
  ck_assert(!outcome.no_ticket);
}
END_TEST

START_TEST(a_refused_login_asks_for_no_signature) {
  void (*const spoil[])(TicketLogin&) = {
      [](TicketLogin& l) { l.token.pin = "9999"; },
      [](TicketLogin& l) { l.person.pin.reset(); },
      [](TicketLogin& l) { l.token.forged_signature = Blob(256, 1); },
  };
  for (auto* const one : spoil) {
    TicketLogin login;
    one(login);
    login.ticketing.at_sign = [] { ck_abort_msg("a signature was asked for"); };
    ck_assert(login.run().verdict != Verdict::kAccepted);
  }
  TicketLogin unknown;
  unknown.accounts.refusal = Verdict::kNotMapped;
  unknown.ticketing.at_begin = [] { ck_abort_msg("a KDC was asked about nobody"); };
  assert_verdict(unknown.run(), Verdict::kNotMapped);
}
END_TEST

START_TEST(without_a_ticket_the_person_is_told_and_logged_in) {
  for (const bool late : {false, true}) {
    TicketLogin login;
    (late ? login.ticketing.late : login.ticketing.early) =
        ticket::Failure{Verdict::kTicketClock, "scripted"};
    const Outcome outcome = login.run();
    assert_verdict(outcome, Verdict::kAccepted);
    ck_assert(outcome.no_ticket == Verdict::kTicketClock);
    ck_assert_int_eq(login.token.signatures, late ? 2 : 1);
    ck_assert(login.person.ticket_octets.empty());
    ck_assert(std::ranges::any_of(login.person.log_lines, [](const std::string& line) {
      return line.find("JPKI-533 ticket-clock cause=\"scripted\"") != std::string::npos;
    }));
  }
}
END_TEST

START_TEST(without_a_required_ticket_nobody_is_logged_in) {
  for (const bool late : {false, true}) {
    TicketLogin login;
    login.ticketing.is_required = true;
    (late ? login.ticketing.late : login.ticketing.early) =
        ticket::Failure{Verdict::kTicketUnreachable, "scripted"};
    const Outcome outcome = login.run();
    assert_verdict(outcome, Verdict::kTicketUnreachable);
    ck_assert(!outcome.no_ticket && !outcome.ticket_required);
  }
  TicketLogin good;
  good.ticketing.is_required = true;
  const Outcome outcome = good.run();
  assert_verdict(outcome, Verdict::kAccepted);
  ck_assert(outcome.ticket_required);
}
END_TEST

START_TEST(a_card_that_signs_no_more_costs_the_ticket_and_not_the_login) {
  TicketLogin login;
  login.ticketing.at_sign = [&] { login.token.unsigning = true; };
  const Outcome outcome = login.run();
  assert_verdict(outcome, Verdict::kAccepted);
  ck_assert(outcome.no_ticket == Verdict::kTicketUnusable);
}
END_TEST

START_TEST(a_key_that_is_not_rsa_has_no_ticket) {
  TicketLogin login;
  FakeToken card(world->builder(world->ec_key).sign(world->ca.jpki_auth[2].key), world->ec_key.pkcs8_pem());
  login.readers.looks = {std::vector<card::Token*>{&card}};
  login.ticketing.at_begin = [] { ck_abort_msg("a KDC was asked"); };
  const Outcome outcome = login.run();
  assert_verdict(outcome, Verdict::kAccepted);
  ck_assert(outcome.no_ticket == Verdict::kTicketUnusable);
  ck_assert_int_eq(card.signatures, 1);
}
END_TEST

START_TEST(an_unlocking_brings_none) {
  TicketLogin login;
  login.start.purpose = Purpose::kPresence;
  login.start.sessions.emplace_back().key = login.start.nonce;
  login.ticketing.at_begin = [] { ck_abort_msg("a KDC was asked"); };
  ck_assert(!login.run().no_ticket);
}
END_TEST

Suite* login_ticket_suite() {
  Suite* suite = suite_create("login_ticket");
  TCase* tests = tcase_create("login_ticket");
  tcase_add_test(tests, a_login_brings_a_ticket_by_the_same_verify);
  if (!sandbox::kSanitized) tcase_add_test(tests, a_ticket_is_wiped);  // whose operators are its own
  tcase_add_test(tests, the_signature_stays_here_until_the_login_is_accepted);
  tcase_add_test(tests, a_refused_login_asks_for_no_signature);
  tcase_add_test(tests, without_a_ticket_the_person_is_told_and_logged_in);
  tcase_add_test(tests, without_a_required_ticket_nobody_is_logged_in);
  tcase_add_test(tests, a_card_that_signs_no_more_costs_the_ticket_and_not_the_login);
  tcase_add_test(tests, a_key_that_is_not_rsa_has_no_ticket);
  tcase_add_test(tests, an_unlocking_brings_none);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

#if !defined(__SANITIZE_ADDRESS__)
// Of this program, to look at what is given back. Not inline: a compiler may take a pair that it sees through
// for one of malloc and delete.
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  give_back(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  give_back(memory);
}
#endif

int main() {
  const World made;
  world = &made;
  return jpki::test::run_suite(login_ticket_suite());
}
