// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which sessions count, by records, logind's files, notes of locks and the cgroup of who asks: all of which
// only root, or the guard, can write.
#include "base/card_sessions.h"

#include "base/lock_note.h"
#include "base/session_record.h"
#include "tests/unit/support/check_main.h"

#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;

constexpr uid_t kTaro = 2001;
constexpr uid_t kHanako = 2002;

std::string session_file(uid_t user, const std::string& more = "CLASS=user\nSTATE=active\n",
                         const std::string& since = "1000") {
  return "UID=" + std::to_string(user) + "\nREMOTE=0\nLEADER=4711\nMONOTONIC=" + since + "\n" + more;
}

SessionRecord record_of(const std::string& session, uid_t user = kTaro) {
  SessionRecord record{.session = session, .since = 1000, .leader = 4711, .user = user, .service = "login"};
  record.key.fill(7);
  record.mark.fill(9);
  record.login = Time(std::chrono::seconds(1'800'000'000));
  record.factors = "card+pin";
  record.boot = "c0ffee";
  record.up_ms = 5000;
  return record;
}

struct Machine {
  Machine() {
    for (const char* name : {"records", "locked", "sessions", "process"})
      std::filesystem::create_directory(directory.path(name));
    directory.write("sessions/c1", session_file(kTaro));
    record(record_of("c1"));
  }
  void record(const SessionRecord& record) const {
    directory.write("records/" + *file_name_of(record), text_of(record));
  }
  void in_session(const std::string& id, uid_t user = kTaro) const {
    directory.write("process/cgroup",
                    "0::/user.slice/user-" + std::to_string(user) + ".slice/session-" + id + ".scope\n");
  }
  void in_service_manager(uid_t user = kTaro) const {
    const std::string number = std::to_string(user);
    directory.write("process/cgroup", "0::/user.slice/user-" + number + ".slice/user@" + number +
                                          ".service/app.slice/locker.service\n");
  }
  CardSessionSources sources() const {
    return {records.c_str(), locked.c_str(), {process.c_str(), sessions.c_str(), ::getuid()}};
  }
  CardSessions to_unlock(uid_t user = kTaro) const { return sessions_to_unlock(sources(), user); }
  CardSessions cards(uid_t user = kTaro) const { return session_cards(sources(), user); }
  // Sessions that were opened by card, and others.
  std::string told(uid_t user = kTaro) const {
    std::string kinds;
    for (const CardSession& session : to_unlock(user).sessions) kinds += session == CardSession{} ? '-' : 'c';
    return kinds;
  }

  TemporaryDirectory directory;
  std::string records = directory.path("records");
  std::string locked = directory.path("locked");
  std::string sessions = directory.path("sessions");
  std::string process = directory.path("process");
};

START_TEST(what_the_record_says_is_told) {
  const Machine machine;
  const auto found = machine.to_unlock().sessions;
  ck_assert_uint_eq(found.size(), 1);
  const SessionRecord record = record_of("c1");
  const CardSession expected{.boot = "c0ffee",
                             .login = record.login,
                             .up_ms = 5000,
                             .factors = "card+pin",
                             .key = record.key,
                             .mark = record.mark};
  ck_assert(found[0] == expected);
}
END_TEST

START_TEST(a_note_tells_since_when_it_is_locked) {
  const Machine machine;
  ck_assert(write_lock_note(machine.locked, "c1", {1000, 6000}).has_value());
  ck_assert(machine.to_unlock().sessions[0].locked_up_ms == 6000);
  ck_assert(std::filesystem::status(machine.locked + "/session-c1").permissions() ==
            std::filesystem::perms(0644));
  ck_assert(
      write_lock_note(machine.locked, "c1", {1001, 6000}).has_value());  // of another session of that id
  ck_assert(!machine.to_unlock().sessions[0].locked_up_ms);
  ck_assert(write_lock_note(machine.locked, "c1", {1000, 7000}).has_value());
  ck_assert(machine.to_unlock().sessions[0].locked_up_ms == 7000);
  remove_lock_note(machine.locked, "c1");
  ck_assert(!machine.to_unlock().sessions[0].locked_up_ms);
}
END_TEST

START_TEST(a_note_that_others_can_write_counts_for_nothing) {
  const Machine machine;
  const std::string good = text_of(LockNote{1000, 6000});
  machine.directory.write("locked/session-c1", good, std::filesystem::perms(0666));
  ck_assert(!machine.to_unlock().sessions[0].locked_up_ms);
  std::filesystem::remove(machine.directory.path("locked/session-c1"));
  machine.directory.write("elsewhere", good);
  std::filesystem::create_symlink(machine.directory.path("elsewhere"),
                                  machine.directory.path("locked/session-c1"));
  ck_assert(!machine.to_unlock().sessions[0].locked_up_ms);
  std::filesystem::remove(machine.directory.path("locked/session-c1"));
  for (std::size_t size = 0; size < good.size(); ++size) ck_assert(!parse_lock_note(good.substr(0, size)));
  for (const char* wrong :
       {"jpki-lock=2\nsince=1\nup=2\n", "jpki-lock=1\nsince=1\nup=-2\n", "jpki-lock=1\nup=2\nsince=1\n",
        "jpki-lock=1\nsince=1\nup=2\nup=3\n", "jpki-lock=1\nsince=1\nup=99999999999999999999\n"})
    ck_assert_msg(!parse_lock_note(wrong), "%s", wrong);
  ck_assert(parse_lock_note(good) == (LockNote{1000, 6000}));
  // In a directory that others can write to, behind a link, and none at all.
  machine.directory.write("locked/session-c1", good);
  ck_assert(machine.to_unlock().sessions[0].locked_up_ms == 6000);
  std::filesystem::create_directory_symlink(machine.locked, machine.directory.path("link"));
  ck_assert(!read_lock_note(machine.directory.path("link"), "c1"));
  std::filesystem::permissions(machine.locked, std::filesystem::perms(0777));
  ck_assert(!machine.to_unlock().sessions[0].locked_up_ms);
  std::filesystem::remove_all(machine.locked);
  ck_assert(!machine.to_unlock().sessions[0].locked_up_ms);
}
END_TEST

START_TEST(a_guard_that_begins_forgets_what_it_did_not_see) {
  const Machine machine;
  ck_assert(write_lock_note(machine.locked, "c1", {1000, 6000}).has_value());
  ck_assert(write_lock_note(machine.locked, "c2", {1000, 6000}).has_value());
  remove_all_lock_notes(machine.locked);
  ck_assert(std::filesystem::is_empty(machine.locked));
}
END_TEST

START_TEST(a_record_must_fit_its_session) {
  const Machine machine;
  const auto after = [&](void (*change)(SessionRecord&)) {
    SessionRecord record = record_of("c1");
    change(record);
    machine.record(record);
    return machine.told();
  };
  ck_assert(after([](SessionRecord&) {}) == "c");
  ck_assert(after([](SessionRecord& r) { r.user = kHanako; }) == "-");  // somebody else's
  ck_assert(after([](SessionRecord& r) { r.leader = 1; }) == "-");
  ck_assert(after([](SessionRecord& r) { r.since = 999; }) == "-");  // an id that came again
  machine.directory.write("records/session-c1", "nonsense\n");
  ck_assert(machine.told() == "-");
  machine.directory.write("records/session-c1", text_of(record_of("c1")), std::filesystem::perms(0666));
  ck_assert(machine.told() == "-");
  machine.record(record_of("c1"));
  std::filesystem::permissions(machine.directory.path("records/session-c1"), std::filesystem::perms(0644));
  ck_assert(machine.told() == "c");
  machine.directory.write("sessions/c1", session_file(kTaro, "CLASS=user\n", "0"));  // logind tells no begin
  ck_assert(machine.told() == "-");
  for (const std::uint64_t since : {0, 1}) {
    SessionRecord record = record_of("c1");
    record.since = since;
    machine.record(record);
    machine.directory.write("sessions/c1", session_file(kTaro, "CLASS=user\n", std::to_string(since)));
    ck_assert(machine.told() == (since == 0 ? "-" : "c"));
  }
  std::filesystem::remove_all(machine.records);
  ck_assert(machine.told() == "-" && machine.told(kHanako).empty());
}
END_TEST

START_TEST(which_session_is_meant) {
  const Machine machine;
  machine.directory.write("sessions/c2", session_file(kTaro));  // by password
  machine.directory.write("sessions/c3", session_file(kTaro, "CLASS=user\nSTATE=closing\n"));
  machine.directory.write("sessions/c4", session_file(kTaro, "CLASS=manager\n"));
  machine.directory.write("sessions/c5", session_file(kHanako));
  ck_assert(machine.told() == "c-");
  machine.in_service_manager();
  ck_assert(machine.told() == "c-");
  machine.in_session("c1");
  ck_assert(machine.told() == "c");
  machine.in_session("c2");
  ck_assert(machine.told() == "-");
  for (const char* gone : {"c3", "c4"}) {
    machine.in_session(gone);
    ck_assert(machine.told() == "c-");
  }
  machine.in_session("c9");  // not logind's
  ck_assert(machine.told() == "c-");
  machine.in_session("c5", kHanako);  // somebody else's: that is not what is unlocked
  ck_assert(machine.told() == "c-");
  ck_assert(machine.told(kHanako) == "-" && machine.told(2003).empty());
}
END_TEST

START_TEST(more_than_can_be_told_is_nothing) {
  const Machine machine;
  for (std::size_t i = 2; i <= kMostCardSessions; ++i)
    machine.directory.write("sessions/c" + std::to_string(i), session_file(kTaro));
  ck_assert_uint_eq(machine.to_unlock().sessions.size(), kMostCardSessions);
  machine.directory.write("sessions/c99", session_file(kTaro));
  ck_assert(machine.to_unlock().sessions.empty() && !machine.to_unlock().known);
}
END_TEST

// sudo, polkit.
START_TEST(which_card_a_program_is_bound_to) {
  const Machine machine;
  machine.directory.write("sessions/c2", session_file(kTaro));  // by password
  machine.directory.write("sessions/c5", session_file(kHanako));
  const auto bound = [&](uid_t user = kTaro) {
    const CardSessions cards = machine.cards(user);
    return (cards.known ? "" : "?") + std::to_string(cards.sessions.size());
  };
  ck_assert(bound() == "1");  // the system does not tell
  machine.in_session("c1");
  ck_assert(bound() == "1");
  ck_assert(bound(kHanako) == "1");  // su hanako, in taro's session
  machine.in_session("c2");
  ck_assert(bound() == "0");
  machine.in_service_manager();
  ck_assert(bound() == "1" && bound(0) == "1");  // an administrator is asked for, in taro's session
  machine.in_service_manager(kHanako);
  ck_assert(bound() == "0");
  Start with_card;
  machine.in_session("c1");
  bind_to(with_card, machine.cards());
  ck_assert(with_card.same_card && with_card.sessions.size() == 1);
  // A record that cannot be read may be that of this session.
  machine.in_session("c1");
  machine.directory.write("records/session-c1", "nonsense\n");
  ck_assert(bound() == "?0");
  Start start;
  bind_to(start, machine.cards());
  ck_assert(start.same_card && start.sessions.empty());
  // No record is kept on this machine.
  std::filesystem::remove_all(machine.records);
  ck_assert(bound() == "0");
  bind_to(start, machine.cards());
  ck_assert(!start.same_card);
}
END_TEST

// SetDisplay of logind takes line ends: nobody leaves the card behind that opened the session.
START_TEST(a_session_whose_file_its_user_wrote_to) {
  for (const char* wrote : {"CLASS=background", "STATE=closing", "UID=2002", "MONOTONIC=7"}) {
    Machine machine;
    const std::string file = "UID=2001\nSTATE=active\nREMOTE=0\nCLASS=user\nDISPLAY=:0\n" +
                             std::string(wrote) + "\nLEADER=4711\nMONOTONIC=1000\n";
    machine.directory.write("sessions/c1", file);
    machine.in_session("c1");
    ck_assert_msg(!machine.cards().known, "%s", wrote);
    ck_assert_msg(machine.to_unlock().sessions.size() == 1 && machine.to_unlock().sessions[0].factors.empty(),
                  "%s", wrote);
    machine.in_service_manager();
    ck_assert_msg(!machine.cards().known, "%s", wrote);
    machine.in_service_manager(kHanako);
    ck_assert_msg(machine.cards(kHanako).known, "%s", wrote);
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("card sessions");
  TCase* tests = tcase_create("card sessions");
  tcase_add_test(tests, what_the_record_says_is_told);
  tcase_add_test(tests, a_note_tells_since_when_it_is_locked);
  tcase_add_test(tests, a_note_that_others_can_write_counts_for_nothing);
  tcase_add_test(tests, a_guard_that_begins_forgets_what_it_did_not_see);
  tcase_add_test(tests, a_record_must_fit_its_session);
  tcase_add_test(tests, which_session_is_meant);
  tcase_add_test(tests, more_than_can_be_told_is_nothing);
  tcase_add_test(tests, which_card_a_program_is_bound_to);
  tcase_add_test(tests, a_session_whose_file_its_user_wrote_to);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
