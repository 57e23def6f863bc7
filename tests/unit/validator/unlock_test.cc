// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Unlocking without a PIN: the table of decisions, row by row, with a clock of its own; and a card that is
// there without one.
#include "tests/unit/support/check_main.h"
#include "tests/unit/validator/login_fixture.h"
#include "validator/card/card_mark.h"
#include "validator/config/config.h"
#include "validator/unlock/unlock_decision.h"

#include <array>
#include <limits>

namespace {

using namespace jpki;
using namespace jpki::test;
using config::UnlockPolicy;
using unlock::may_unlock;

constexpr char kThisBoot[] = "c0ffee00-0000-4000-8000-000000000001";
constexpr std::uint64_t kMinute = 60'000;
constexpr std::uint64_t kNow = 1000 * kMinute;
constexpr UnlockPolicy kBoth{.presence = true, .recent = true, .max_age = 480min, .min_locked = 30s};

unlock::Moment moment() {
  return {{kThisBoot, kNow}, kToday + 12h, 5min};
}

// Logged in an hour ago, locked for ten minutes: may be unlocked.
CardSession session() {
  return {.boot = kThisBoot,
          .login = kToday + 11h,
          .up_ms = kNow - 60 * kMinute,
          .locked_up_ms = kNow - 10 * kMinute,
          .factors = "card+pin",
          .key = {},
          .mark = {}};
}

struct Row {
  const char* name;
  void (*change)(CardSession& session, unlock::Moment& moment, UnlockPolicy& policy);
  Verdict verdict;
};

constexpr Row kRows[] = {
    {"everything fits", [](auto&, auto&, auto&) {}, Verdict::kAccepted},
    {"not allowed", [](auto&, auto&, auto& p) { p.presence = p.recent = false; }, Verdict::kUnlockNotAllowed},

    {"opened by password", [](auto& s, auto&, auto&) { s = CardSession{}; }, Verdict::kNoCardSession},
    {"no factors", [](auto& s, auto&, auto&) { s.factors.clear(); }, Verdict::kNoCardSession},
    {"other factors", [](auto& s, auto&, auto&) { s.factors = "card"; }, Verdict::kNoCardSession},
    {"more factors", [](auto& s, auto&, auto&) { s.factors = "card+pin+face"; }, Verdict::kNoCardSession},
    {"an older version's record", [](auto& s, auto&, auto&) { s.boot.clear(); }, Verdict::kNoCardSession},
    {"another boot", [](auto& s, auto&, auto&) { s.boot.back() = '2'; }, Verdict::kNoCardSession},
    {"this boot is not known", [](auto&, auto& m, auto&) { m.up.boot.clear(); }, Verdict::kNoCardSession},
    {"neither boot is known",
     [](auto& s, auto& m, auto&) {
       s.boot.clear();
       m.up.boot.clear();
     },
     Verdict::kNoCardSession},
    {"no time since the boot", [](auto& s, auto&, auto&) { s.up_ms = 0; }, Verdict::kNoCardSession},
    {"logged in after now", [](auto& s, auto&, auto&) { s.up_ms = kNow + 1; }, Verdict::kNoCardSession},
    {"a boot that is too long ago",
     [](auto&, auto& m, auto&) { m.up.up_ms = std::numeric_limits<std::uint64_t>::max(); },
     Verdict::kNoCardSession},
    {"the clock cannot be read", [](auto&, auto& m, auto&) { m.up = {}; }, Verdict::kNoCardSession},
    {"no time of day", [](auto& s, auto&, auto&) { s.login = Time{}; }, Verdict::kNoCardSession},
    {"a time of day that is too long ago",
     [](auto& s, auto&, auto&) {
       s.login = Time(std::chrono::seconds(std::numeric_limits<std::int64_t>::min()));
     },
     Verdict::kNoCardSession},

    {"not known to be locked", [](auto& s, auto&, auto&) { s.locked_up_ms.reset(); }, Verdict::kLockUnknown},
    {"the same, whatever its length",
     [](auto& s, auto&, auto& p) {
       s.locked_up_ms.reset();
       p.min_locked = 0s;
     },
     Verdict::kLockUnknown},
    {"locked after now", [](auto& s, auto&, auto&) { s.locked_up_ms = kNow + 1; }, Verdict::kLockUnknown},
    {"locked before the login", [](auto& s, auto&, auto&) { s.locked_up_ms = s.up_ms - 1; },
     Verdict::kLockUnknown},

    {"locked in the moment of the login", [](auto& s, auto&, auto&) { s.locked_up_ms = s.up_ms; },
     Verdict::kAccepted},
    {"locked for 29.999 s", [](auto& s, auto&, auto&) { s.locked_up_ms = kNow - 29'999; },
     Verdict::kUnlockTooSoon},
    {"locked for 30 s", [](auto& s, auto&, auto&) { s.locked_up_ms = kNow - 30'000; }, Verdict::kAccepted},
    {"locked now, with no least time",
     [](auto& s, auto&, auto& p) {
       s.locked_up_ms = kNow;
       p.min_locked = 0s;
     },
     Verdict::kAccepted},

    {"8 hours ago", [](auto& s, auto&, auto&) { s.up_ms = kNow - 480 * kMinute; }, Verdict::kAccepted},
    {"and a millisecond", [](auto& s, auto&, auto&) { s.up_ms = kNow - 480 * kMinute - 1; },
     Verdict::kCardLoginTooOld},
    {"8 hours ago by the clock alone", [](auto& s, auto&, auto&) { s.login = kToday + 4h; },
     Verdict::kAccepted},
    {"and a second", [](auto& s, auto&, auto&) { s.login = kToday + 4h - 1s; }, Verdict::kCardLoginTooOld},
    {"a clock that was put right", [](auto& s, auto&, auto&) { s.login = kToday + 12h + 5min; },
     Verdict::kAccepted},
    {"a clock that was set back", [](auto& s, auto&, auto&) { s.login = kToday + 12h + 5min + 1s; },
     Verdict::kCardLoginTooOld},
    {"set back by years", [](auto&, auto& m, auto&) { m.clock = Time{}; }, Verdict::kCardLoginTooOld},
    {"set back, and old",
     [](auto& s, auto&, auto&) {
       s.login = kToday + 12h + 1min;
       s.up_ms = kNow - 481 * kMinute;
     },
     Verdict::kCardLoginTooOld},
};

START_TEST(a_row_of_the_table) {
  const Row& row = kRows[static_cast<std::size_t>(_i)];
  for (const Purpose purpose : {Purpose::kPresence, Purpose::kRecent}) {
    CardSession changed = session();
    unlock::Moment now = moment();
    UnlockPolicy policy = kBoth;
    row.change(changed, now, policy);
    const auto may = may_unlock(purpose, std::vector{changed}, policy, now);
    const Verdict verdict = may ? Verdict::kAccepted : may.error().verdict;
    ck_assert_msg(verdict == row.verdict, "%s: %s", row.name, std::string(name_of(verdict)).c_str());
    ck_assert_msg(may || !may.error().cause.empty(), "%s", row.name);
  }
}
END_TEST

START_TEST(one_word_does_not_allow_the_other) {
  const auto verdict = [](Purpose purpose, bool presence, bool recent) {
    const auto may =
        may_unlock(purpose, std::vector{session()}, {.presence = presence, .recent = recent}, moment());
    return may ? Verdict::kAccepted : may.error().verdict;
  };
  ck_assert(verdict(Purpose::kPresence, true, false) == Verdict::kAccepted);
  ck_assert(verdict(Purpose::kPresence, false, true) == Verdict::kUnlockNotAllowed);
  ck_assert(verdict(Purpose::kRecent, false, true) == Verdict::kAccepted);
  ck_assert(verdict(Purpose::kRecent, true, false) == Verdict::kUnlockNotAllowed);
  ck_assert(verdict(Purpose::kLogin, true, true) == Verdict::kUnlockNotAllowed);
  ck_assert(verdict(Purpose::kRegister, true, true) == Verdict::kUnlockNotAllowed);
}
END_TEST

// Nobody knows which is meant.
START_TEST(of_several_sessions_the_strictest_counts) {
  const auto verdict = [](std::vector<CardSession> sessions) {
    const auto may = may_unlock(Purpose::kRecent, sessions, kBoth, moment());
    return may ? Verdict::kAccepted : may.error().verdict;
  };
  CardSession fresh = session();
  fresh.locked_up_ms = kNow - 1;
  ck_assert(verdict({session(), session()}) == Verdict::kAccepted);
  ck_assert(verdict({session(), fresh}) == Verdict::kUnlockTooSoon);
  ck_assert(verdict({fresh, session()}) == Verdict::kUnlockTooSoon);
  ck_assert(verdict({session(), CardSession{}}) == Verdict::kNoCardSession);
  ck_assert(verdict({}) == Verdict::kNoCardSession);
  ck_assert(may_unlock(Purpose::kRecent, std::vector<CardSession>{}, {}, moment()).error().verdict ==
            Verdict::kUnlockNotAllowed);
}
END_TEST

START_TEST(nothing_is_allowed_by_default) {
  const auto read = [](const std::string& text) {
    config::Config config;
    const auto applied = config::apply_config("[unlock]\n" + text, "jpki.toml", config);
    return applied ? std::optional(config.unlock) : std::nullopt;
  };
  ck_assert(!config::Config{}.unlock.presence && !config::Config{}.unlock.recent);
  ck_assert(read("") == UnlockPolicy{});
  ck_assert(read("presence = true\nrecent = true\nmax_age_minutes = 480\nmin_locked_seconds = 30\n") ==
            kBoth);
  for (const char* wrong : {"presence = 1\n", "max_age_minutes = 0\n", "max_age_minutes = 1441\n",
                            "min_locked_seconds = -1\n", "min_locked_seconds = 3601\n", "face = true\n"})
    ck_assert_msg(!read(wrong), "%s", wrong);
}
END_TEST

// --- the card, without a PIN -----------------------------------------------------------------------------
CardSession opened_by(Bytes certificate, std::uint8_t key) {
  CardSession opened = session();
  opened.key.fill(key);
  opened.mark = card::card_mark(opened.key, certificate);
  return opened;
}

struct Unlock : Login {
  Unlock() {
    start.purpose = Purpose::kPresence;
    start.sessions = {opened_by(world->certificate(), 1)};
  }
};

void assert_no_pin(const Login& login) {
  assert_nothing_asked(login);
  ck_assert_int_eq(login.token.signatures, 0);
}

START_TEST(the_card_of_the_session_is_present) {
  Unlock unlock;
  const Outcome outcome = unlock.run();
  assert_verdict(outcome, Verdict::kAccepted);
  ck_assert(outcome.account == "taro" && outcome.token_label.empty());
  assert_no_pin(unlock);
  ck_assert(unlock.person.log_lines.back().find(" unlock=presence") != std::string::npos);
  // It is no login: nobody learns from it when the card was last used for one.
  ck_assert(std::filesystem::is_empty(unlock.noted.path()));
}
END_TEST

START_TEST(of_all_sessions_that_may_be_meant) {
  Unlock unlock;
  unlock.start.sessions.push_back(opened_by(world->certificate(), 2));
  assert_verdict(unlock.run(), Verdict::kAccepted);
  Unlock mixed;
  mixed.start.sessions.push_back(
      opened_by(world->builder(world->other_key).sign(world->ca.jpki_auth[2].key), 2));
  assert_verdict(mixed.run(), Verdict::kNotSessionCard);
}
END_TEST

// A good card of the same account, registered and all.
START_TEST(another_card_of_the_same_account_is_not) {
  Unlock unlock;
  unlock.start.sessions = {opened_by(
      world->builder(world->other_key, {0x11, 0x22, 0x33, 0x55}).sign(world->ca.jpki_auth[2].key), 1)};
  assert_verdict(unlock.run(), Verdict::kNotSessionCard);
  assert_no_pin(unlock);
  Unlock nothing;
  nothing.start.sessions.clear();
  assert_verdict(nothing.run(), Verdict::kNotSessionCard);
}
END_TEST

START_TEST(two_cards_lie_there_and_one_counts) {
  Unlock unlock;
  FakeToken other{world->builder(world->other_key, {0x11, 0x22, 0x33, 0x55}).sign(world->ca.jpki_auth[2].key),
                  world->other_key.pkcs8_pem()};
  unlock.readers.looks = {std::vector<card::Token*>{&other, &unlock.token}};
  assert_verdict(unlock.run(), Verdict::kAccepted);
  ck_assert(unlock.person.choices.empty());
  assert_no_pin(unlock);
}
END_TEST

struct Spoiled {
  void (*spoil)(Unlock& unlock);
  Verdict verdict;
};
const Spoiled kSpoiled[] = {
    {[](Unlock& u) { u.revocation.refusal = Verdict::kRevoked; }, Verdict::kRevoked},
    {[](Unlock& u) { u.revocation.late_refusal = Verdict::kRevoked; }, Verdict::kRevoked},
    {[](Unlock& u) { u.clock.time = kToday + std::chrono::years(20); }, Verdict::kCertificateExpired},
    {[](Unlock& u) { u.anchors.clear(); }, Verdict::kCertificateUntrusted},
    {[](Unlock& u) { u.accounts.account = "hanako"; }, Verdict::kOtherUser},
    {[](Unlock& u) { u.accounts.refusal = Verdict::kNotMapped; }, Verdict::kNotMapped},
    {[](Unlock& u) {
       u.readers.looks = {Unexpected{card::CardError{Verdict::kNoCard, ""}}};
     },
     Verdict::kNoCard},
    // Lifted, or changed for another one, after it was read.
    {[](Unlock& u) { u.revocation.at_begin = [&u] { u.readers.left = true; }; }, Verdict::kCardRemoved},
    {[](Unlock& u) {
       u.revocation.at_begin = [&u] {
         u.token.end_entities[0].der = world->builder(world->other_key).sign(world->ca.jpki_auth[2].key);
       };
     },
     Verdict::kCardRemoved},
    {[](Unlock& u) { u.readers.left_by_now = true; }, Verdict::kCardRemoved},  // the network was waited for
    {[](Unlock& u) { u.revocation.at_begin = [&u] {
                       u.token.unreadable = {Verdict::kCardError, ""};
                     }; },
     Verdict::kCardRemoved},
    {[](Unlock& u) {
       u.readers.looks = {u.readers.looks.front(), Unexpected{card::CardError{Verdict::kNoReader, ""}}};
     },
     Verdict::kNoReader},
};

START_TEST(what_a_login_refuses_is_refused) {
  const Spoiled& row = kSpoiled[static_cast<std::size_t>(_i)];
  Unlock unlock;
  row.spoil(unlock);
  assert_verdict(unlock.run(), row.verdict);
  assert_no_pin(unlock);
}
END_TEST

// --- a login that counts only the session's card -----------------------------------------------------------
START_TEST(same_card_refuses_others_before_any_pin) {
  Login login;
  login.start.same_card = true;
  login.start.sessions = {opened_by(world->certificate(), 1)};
  assert_verdict(login.run(), Verdict::kAccepted);
  ck_assert_int_eq(login.token.verifies, 1);
  Login other;
  other.start.same_card = true;
  other.start.sessions = {opened_by(world->builder(world->other_key).sign(world->ca.jpki_auth[2].key), 1)};
  assert_verdict(other.run(), Verdict::kNotSessionCard);
  assert_no_pin(other);
  Login unknown;  // the record cannot be read
  unknown.start.same_card = true;
  assert_verdict(unknown.run(), Verdict::kNotSessionCard);
  assert_no_pin(unknown);
}
END_TEST

Suite* unlock_suite() {
  Suite* suite = suite_create("unlock");
  TCase* tests = tcase_create("unlock");
  tcase_add_loop_test(tests, a_row_of_the_table, 0, static_cast<int>(std::size(kRows)));
  tcase_add_test(tests, nothing_is_allowed_by_default);
  tcase_add_test(tests, one_word_does_not_allow_the_other);
  tcase_add_test(tests, of_several_sessions_the_strictest_counts);
  tcase_add_test(tests, the_card_of_the_session_is_present);
  tcase_add_test(tests, of_all_sessions_that_may_be_meant);
  tcase_add_test(tests, another_card_of_the_same_account_is_not);
  tcase_add_test(tests, two_cards_lie_there_and_one_counts);
  tcase_add_loop_test(tests, what_a_login_refuses_is_refused, 0, static_cast<int>(std::size(kSpoiled)));
  tcase_add_test(tests, same_card_refuses_others_before_any_pin);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  const World made;
  world = &made;
  return jpki::test::run_suite(unlock_suite());
}
