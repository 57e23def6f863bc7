// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Records in, logind's methods out: whose session is acted on, and what is told.
#include "guard/guard.h"

#include "tests/unit/support/check_main.h"
#include "validator/card/card_mark.h"

namespace {

using namespace jpki;
using namespace jpki::guard;
using namespace std::chrono_literals;
using config::Removal;

constexpr char kReader[] = "Reader 00 00";
constexpr uid_t kTaro = 2001;

Blob certificate(std::uint8_t of) {
  return Blob(700, of);
}

SessionRecord record(const std::string& session = "c3", std::uint8_t card = 1) {
  SessionRecord record{
      .session = session, .since = 123, .leader = 42, .user = kTaro, .terminal = "tty2", .reader = kReader};
  record.key.fill(7);
  record.mark = card::card_mark(record.key, certificate(card));
  return record;
}

SessionFacts facts(bool graphical = true) {
  return {.user = kTaro, .leader = 42, .since = 123, .graphical = graphical, .terminal = "tty2"};
}

struct FakeManager final : SessionManager {
  std::map<std::string, SessionFacts> sessions;
  bool silent = false;
  std::string mute;  // logind does not answer about this one
  std::vector<std::string> calls;

  Expected<std::optional<SessionFacts>, std::string> facts(const std::string& session) override {
    if (silent || session == mute) return Unexpected{std::string("no answer")};
    const auto found = sessions.find(session);
    return found == sessions.end() ? std::nullopt : std::optional(found->second);
  }
  void lock(const std::string& session) override { calls.push_back("lock " + session); }
  void terminate(const std::string& session) override { calls.push_back("terminate " + session); }
};

std::vector<Reader> reader(bool card, std::uint32_t events) {
  return {{kReader, card, events}};
}

// A guard that runs when the sessions are opened.
struct Site {
  explicit Site(Removal removal = Removal::kLock, std::chrono::seconds grace = 5s)
      : guard({.removal = removal, .grace = grace}, manager, hands()) {
    manager.sessions["c3"] = facts();
    guard.readers(reader(true, 1), 0s);
    guard.records({}, 0s);
  }
  Hands hands() {
    return {.read_certificate = [this](const std::string& session,
                                       const std::string& from) { reads.push_back(session + " " + from); },
            .tell =
                [this](const std::string& terminal, uid_t user, const std::string& text) {
                  told += terminal + " " + std::to_string(user) + " " + text + "\n";
                },
            .note_lock =
                [this](const std::string& session, std::uint64_t began, std::optional<Moment> locked) {
                  notes += session + "/" + std::to_string(began) +
                           (locked ? " locked at " + std::to_string(locked->count()) : " open") + "\n";
                },
            .log = [this](LogLevel, const std::string& text) { log += text + "\n"; }};
  }
  bool logged(const char* text) const { return log.find(text) != log.npos; }

  FakeManager manager;
  std::vector<std::string> reads;
  std::string told, log, notes;
  Guard guard;
};

using Calls = std::vector<std::string>;

START_TEST(the_session_of_a_card_is_locked) {
  Site site;
  site.guard.records({record()}, 1s);
  ck_assert(site.logged("session=c3 uid=2001 removal=lock reader=\"Reader 00 00\": watched"));
  site.guard.readers(reader(false, 2), 10s);
  ck_assert(site.guard.next() == 15s);
  site.guard.passed(15s);
  ck_assert(site.manager.calls == Calls{"lock c3"});
  ck_assert_msg(site.logged(": locked: the card was taken out of its reader; 5000 ms after that was seen\n"),
                "%s", site.log.c_str());
  ck_assert(site.told.empty());  // a desktop has no console
  site.manager.sessions["c3"].locked = true;
  site.guard.sessions_changed({}, 16s);
  ck_assert(!site.guard.next() && site.logged(": its screen is locked\n"));
  ck_assert(site.notes == "c3/123 locked at 16000\n");
  site.guard.sessions_changed({}, 16500ms);  // something else: still since then
  ck_assert(site.notes == "c3/123 locked at 16000\n");
  site.manager.sessions["c3"].locked = false;
  site.guard.sessions_changed({}, 17s);
  ck_assert(site.guard.next() == 22s && site.logged(": its screen is open\n"));
  ck_assert(site.notes == "c3/123 locked at 16000\nc3/123 open\n");
}
END_TEST

// Locked and unlocked again before anybody could ask: that was obeyed.
START_TEST(a_lock_of_a_moment_was_obeyed) {
  Site site;
  site.guard.records({record()}, 1s);
  site.guard.readers(reader(false, 2), 10s);
  site.guard.passed(15s);
  site.guard.sessions_changed({"c3", "c4"}, 16s);
  ck_assert(site.guard.next() == 21s && site.logged(": the session was unlocked while its card was away"));
  site.guard.passed(20s);
  ck_assert(site.manager.calls == Calls{"lock c3"});
  site.guard.passed(21s);
  ck_assert((site.manager.calls == Calls{"lock c3", "lock c3"}));
  site.guard.sessions_changed({"c4"}, 22s);  // somebody else's
  site.guard.passed(21s + kLockPatience);
  ck_assert(site.manager.calls.back() == "terminate c3");
}
END_TEST

START_TEST(a_lock_that_nobody_obeys_is_told) {
  Site site;
  site.guard.records({record()}, 1s);
  site.guard.readers(reader(false, 2), 10s);
  site.guard.passed(15s);
  site.guard.sessions_changed({}, 16s);  // something else
  site.guard.passed(25s);
  ck_assert((site.manager.calls == Calls{"lock c3", "terminate c3"}));
  ck_assert(
      site.logged(": ended: the card was taken out of its reader; the lock was not obeyed; 15000 ms after "
                  "that was seen\n"));
}
END_TEST

// Its signal has not come yet, or logind did not answer meanwhile.
START_TEST(a_lock_that_was_obeyed_unheard_ends_nothing) {
  for (const bool silent : {false, true}) {
    Site site;
    site.guard.records({record()}, 1s);
    site.guard.readers(reader(false, 2), 10s);
    site.guard.passed(15s);
    site.manager.sessions["c3"].locked = true;
    site.manager.silent = silent;
    site.guard.passed(25s);
    site.manager.silent = false;
    site.guard.passed(26s);
    site.guard.passed(27s);
    ck_assert(!site.guard.next());  // it is locked, and nothing is waited for
    site.guard.sessions_changed({"c3"}, 28s);
    site.guard.passed(1h);
    ck_assert((site.manager.calls == Calls{"lock c3", "lock c3"}));
  }
}
END_TEST

START_TEST(a_console_is_told_before_it_ends) {
  Site site;
  site.manager.sessions["c3"] = facts(false);
  site.guard.records({record()}, 1s);
  site.guard.readers(reader(false, 2), 10s);
  ck_assert_str_eq(
      site.told.c_str(),
      "tty2 2001 Your card is not in its reader. This session ends in 5 seconds unless the same card "
      "is put back.\n");
  ck_assert(site.manager.calls.empty());
  site.guard.passed(15s);
  ck_assert(site.manager.calls == Calls{"terminate c3"});
  Site at_once(Removal::kLock, 0s);
  at_once.manager.sessions["c3"] = facts(false);
  at_once.guard.records({record()}, 1s);
  at_once.guard.readers(reader(false, 2), 10s);
  ck_assert_str_eq(at_once.told.c_str(),
                   "tty2 2001 Your card is not in its reader. This session ends now.\n");
  ck_assert(at_once.manager.calls == Calls{"terminate c3"});
}
END_TEST

START_TEST(a_session_that_is_not_the_record_s_is_never_touched) {
  SessionFacts others[4] = {facts(), facts(), facts(), facts()};
  others[0].user = 2002;
  others[1].leader = 43;
  others[2].since = 124;
  for (int i = 0; i < 4; ++i) {
    // From the beginning, and from after the card was taken away.
    for (const bool later : {false, true}) {
      Site site;
      const auto change = [&] {
        if (i == 3) {
          site.manager.sessions.erase("c3");
        } else {
          site.manager.sessions["c3"] = others[i];
        }
      };
      if (!later) change();
      site.guard.records({record()}, 1s);
      site.guard.readers(reader(false, 2), 10s);
      if (later) change();
      site.guard.passed(15s);
      site.guard.passed(25s);
      site.guard.passed(30s);
      ck_assert(site.manager.calls.empty());
    }
  }
}
END_TEST

START_TEST(a_session_that_has_become_another_is_watched_no_more) {
  Site site;
  site.guard.records({record()}, 1s);
  site.guard.readers(reader(false, 2), 10s);
  site.manager.sessions["c3"].since = 124;
  site.guard.sessions_changed({}, 11s);
  ck_assert(!site.guard.next());
  // Unless it turns out to be the one of the record after all: its card is not there.
  site.manager.sessions["c3"].since = 123;
  site.guard.sessions_changed({}, 12s);
  ck_assert(site.guard.next() == 17s);
  site.guard.passed(17s);
  ck_assert(site.manager.calls == Calls{"lock c3"});
  // Where nobody told: when it would be locked.
  Site untold;
  untold.guard.records({record()}, 1s);
  untold.guard.readers(reader(false, 2), 10s);
  untold.manager.sessions["c3"].since = 124;
  untold.guard.passed(15s);
  ck_assert(untold.manager.calls.empty() && !untold.logged("nothing can be done yet"));
  ck_assert(untold.guard.next() == 25s);  // as after a lock, not at once
}
END_TEST

START_TEST(a_logind_that_does_not_answer_is_asked_again) {
  Site site;
  site.guard.records({record()}, 1s);
  site.guard.readers(reader(false, 2), 10s);
  site.manager.silent = true;
  site.guard.passed(15s);
  ck_assert(site.manager.calls.empty() && site.logged("nothing can be done yet: no answer"));
  site.guard.passed(16s);
  site.manager.silent = false;
  ck_assert(site.guard.next() == 17s);
  site.guard.passed(17s);  // what nobody asked for was not disobeyed
  ck_assert(site.manager.calls == Calls{"lock c3"});
  site.manager.silent = true;
  site.guard.passed(27s);
  site.manager.silent = false;
  site.guard.passed(28s);
  ck_assert((site.manager.calls == Calls{"lock c3", "terminate c3"}));
  // One that tells that it is back is asked at once.
  Site back;
  back.guard.records({record()}, 1s);
  back.guard.readers(reader(false, 2), 10s);
  back.manager.silent = true;
  back.guard.passed(15s);
  back.guard.sessions_changed({}, 15100ms);  // it is not
  back.guard.passed(15100ms);
  ck_assert(back.manager.calls.empty());
  back.manager.silent = false;
  back.guard.sessions_changed({}, 15200ms);
  back.guard.passed(15200ms);
  ck_assert(back.manager.calls == Calls{"lock c3"} && back.logged("; 5200 ms after that was seen\n"));
  // A session that could not be looked at when its record came.
  for (const bool told : {false, true}) {
    Site late;
    late.manager.silent = true;
    late.guard.records({record()}, 1s);
    ck_assert(late.guard.next() == 2s);
    late.guard.passed(2s);
    ck_assert(late.guard.next() == 3s);
    late.manager.silent = false;
    told ? late.guard.sessions_changed({}, 2s) : late.guard.passed(3s);
    ck_assert(!late.guard.next());
    late.guard.readers(reader(false, 2), 10s);
    late.guard.passed(15s);
    ck_assert(late.manager.calls == Calls{"lock c3"});
  }
  // Nor when something had changed of it: it was unlocked.
  Site unheard;
  unheard.manager.sessions["c3"].locked = true;
  unheard.guard.records({record()}, 1s);
  unheard.guard.readers(reader(false, 2), 10s);
  unheard.guard.passed(15s);
  unheard.manager.silent = true;
  unheard.manager.sessions["c3"].locked = false;
  unheard.guard.sessions_changed({}, 20s);
  unheard.manager.silent = false;
  ck_assert(unheard.guard.next() == 21s);
  unheard.guard.passed(21s);
  ck_assert(unheard.guard.next() == 26s && unheard.logged(": its screen is open\n"));
}
END_TEST

// It keeps sessions, but not what they told of their screens.
START_TEST(a_logind_that_begins_anew_opens_no_screen) {
  Site site;
  site.guard.records({record()}, 1s);
  site.manager.sessions["c3"].locked = true;
  site.guard.sessions_changed({}, 2s);
  site.guard.readers(reader(false, 2), 10s);
  site.guard.passed(15s);
  site.manager.sessions["c3"].locked = false;
  for (int owners = 0; owners < 2; ++owners)
    site.guard.manager_began_anew(20s);  // it is gone, and another is there
  site.guard.sessions_changed({}, 20s);
  for (const Moment now : {Moment(20s), Moment(25s), Moment(40s), Moment(1h)}) site.guard.passed(now);
  ck_assert(!site.logged(": its screen is open\n") && site.notes == "c3/123 locked at 2000\n");
  ck_assert((site.manager.calls == Calls{"lock c3", "lock c3", "lock c3", "lock c3"}));
  site.guard.sessions_changed({"c3"}, 2h);  // it was locked once more, and unlocked
  ck_assert(site.logged(": its screen is open\n"));
}
END_TEST

// What cannot be told of one session says nothing of the next one.
START_TEST(each_session_is_asked_about) {
  for (const bool known : {false, true}) {
    Site site;
    site.manager.sessions["c4"] = facts();
    if (!known) site.manager.sessions.erase("c3");
    site.guard.records({record("c3"), record("c4")}, 1s);
    if (known) site.manager.mute = "c3";
    site.manager.sessions["c4"].locked = true;
    site.guard.sessions_changed({}, 2s);
    ck_assert(site.notes == "c4/123 locked at 2000\n");
  }
}
END_TEST

START_TEST(a_record_that_changes_is_another_watch) {
  const auto watches = [](const Site& site) {
    std::size_t count = 0;
    for (auto at = site.log.find(": watched"); at != site.log.npos; at = site.log.find(": watched", at + 1))
      ++count;
    return count;
  };
  Site site;
  site.guard.records({record()}, 1s);
  site.guard.readers(reader(false, 2), 10s);
  site.guard.records({record()}, 11s);  // something else was written
  ck_assert(watches(site) == 1 && site.notes.empty() && site.guard.next() == 15s);
  site.guard.readers(reader(true, 3), 12s);
  site.guard.records({record("c3", 2)}, 13s);
  ck_assert(watches(site) == 2 && site.notes == "c3/123 open\n");
}
END_TEST

START_TEST(a_record_that_is_gone_ends_the_watch) {
  Site site;
  site.guard.records({record()}, 1s);
  site.guard.readers(reader(false, 2), 10s);
  site.guard.records({}, 11s);
  ck_assert(!site.guard.next());
  site.guard.passed(20s);
  ck_assert(site.manager.calls.empty());
}
END_TEST

START_TEST(only_the_same_card_counts_when_it_is_put_back) {
  struct {
    std::optional<Blob> read;
    bool stays;
    const char* told;
  } const cases[] = {{certificate(1), true, ": its card is in the reader\n"},
                     {certificate(2), false, ": another card is in the reader\n"},
                     {Blob{}, false, ": another card is in the reader\n"},
                     {std::nullopt, false, ": the card in the reader cannot be read\n"}};
  for (const auto& one : cases) {
    Site site;
    site.guard.records({record()}, 1s);
    site.guard.readers(reader(false, 2), 10s);
    site.guard.readers(reader(true, 3), 11s);
    ck_assert(site.reads == Calls{"c3 Reader 00 00"});
    site.guard.certificate_read("c3", one.read, 12s);
    ck_assert_msg(site.logged(one.told), "%s", site.log.c_str());
    site.guard.passed(15s);
    ck_assert(site.manager.calls.empty() == one.stays);
  }
  Site site;
  site.guard.certificate_read("c9", certificate(1), 1s);  // of a session that has ended meanwhile
}
END_TEST

START_TEST(what_was_there_before_the_guard_is_proven) {
  FakeManager manager;
  manager.sessions["c3"] = facts();
  Calls reads;
  Guard guard(
      {.removal = Removal::kLock, .grace = 5s}, manager,
      {.read_certificate = [&](const std::string& session, const std::string&) { reads.push_back(session); },
       .tell = [](const std::string&, uid_t, const std::string&) {},
       .note_lock = [](auto&&...) {},
       .log = [](LogLevel, const std::string&) {}});
  guard.readers(reader(true, 5), 0s);
  guard.records({record()}, 0s);
  ck_assert(reads == Calls{"c3"} && guard.next() == 5s);
  guard.certificate_read("c3", certificate(1), 1s);
  ck_assert(!guard.next());
}
END_TEST

START_TEST(a_record_without_a_session_of_logind_is_not_watched) {
  Site site;
  SessionRecord terminal = record();
  terminal.session.clear();
  site.guard.records({terminal}, 1s);
  site.guard.readers(reader(false, 2), 10s);
  ck_assert(!site.guard.next() && site.log.empty());
}
END_TEST

START_TEST(nothing_personal_is_told) {
  Site site;
  SessionRecord secret = record();
  secret.certificate = "c0ffee";
  site.guard.records({secret}, 1s);
  site.guard.readers(reader(false, 2), 10s);
  site.guard.readers(reader(true, 3), 10s);
  site.guard.certificate_read("c3", certificate(2), 12s);
  site.guard.passed(15s);
  for (const std::string& word : {to_hex(secret.mark), to_hex(secret.key), std::string("taro")})
    ck_assert(site.log.find(word) == site.log.npos);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("guard");
  TCase* tests = tcase_create("guard");
  tcase_add_test(tests, the_session_of_a_card_is_locked);
  tcase_add_test(tests, a_lock_of_a_moment_was_obeyed);
  tcase_add_test(tests, a_lock_that_nobody_obeys_is_told);
  tcase_add_test(tests, a_lock_that_was_obeyed_unheard_ends_nothing);
  tcase_add_test(tests, a_console_is_told_before_it_ends);
  tcase_add_test(tests, a_session_that_is_not_the_record_s_is_never_touched);
  tcase_add_test(tests, a_session_that_has_become_another_is_watched_no_more);
  tcase_add_test(tests, a_logind_that_does_not_answer_is_asked_again);
  tcase_add_test(tests, a_logind_that_begins_anew_opens_no_screen);
  tcase_add_test(tests, each_session_is_asked_about);
  tcase_add_test(tests, a_record_that_changes_is_another_watch);
  tcase_add_test(tests, a_record_that_is_gone_ends_the_watch);
  tcase_add_test(tests, only_the_same_card_counts_when_it_is_put_back);
  tcase_add_test(tests, what_was_there_before_the_guard_is_proven);
  tcase_add_test(tests, a_record_without_a_session_of_logind_is_not_watched);
  tcase_add_test(tests, nothing_personal_is_told);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
