// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Who sits at this machine: the decision over facts, and the facts out of the files of logind and the kernel.
#include "base/place_facts.h"
#include "base/unique_fd.h"
#include "tests/unit/base/place_sessions.h"
#include "tests/unit/support/check_main.h"

#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using jpki::test::TemporaryDirectory;

struct Case {
  const char* name;
  PlaceFacts facts;
  Place place;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      // su and sudo in a session
      {"su at the seat", in_session("2", {on_seat("2", kTaro)}), Place::kHere},
      {"su by ssh", in_session("5", {by_ssh("5", kTaro)}), Place::kElsewhere},
      {"su by ssh while another sits here", in_session("5", {by_ssh("5", kTaro), on_seat("2", kHanako)}),
       Place::kElsewhere},
      {"su at the seat while another came by ssh",
       in_session("2", {on_seat("2", kTaro), by_ssh("5", kHanako)}), Place::kHere},
      {"tmux from the seat, taken over by ssh", in_session("2", {on_seat("2", kTaro), by_ssh("5", kTaro)}),
       Place::kElsewhere},
      {"tmux left from a session that ended", in_session("2", {ended(on_seat("2", kTaro))}),
       Place::kElsewhere},
      {"the same, back at the seat", in_session("2", {ended(on_seat("2", kTaro)), on_seat("7", kTaro)}),
       Place::kHere},
      {"nohup left by ssh", in_session("5", {ended(by_ssh("5", kTaro)), on_seat("2", kTaro)}),
       Place::kElsewhere},
      {"a session whose file its user wrote to",
       in_session("2",
                  {{.id = "2", .user = kTaro, .remote = true, .session_class = "user", .doubtful = true}}),
       Place::kElsewhere},
      {"a desktop's terminal beside a session whose file somebody else wrote to",
       of_user(kTaro, {on_seat("2", kTaro), {.id = "3", .user = kHanako, .remote = true, .doubtful = true}}),
       Place::kHere},
      {"a session that logind does not know", in_session("9", {on_seat("2", kTaro)}), Place::kElsewhere},
      {"ssh from this machine to itself, no seat", in_session("6", {of_service("6", kTaro, "sshd", "")}),
       Place::kElsewhere},
      {"remote desktop", in_session("6", {of_service("6", kTaro, "xrdp-sesman", "")}), Place::kElsewhere},
      {"remote desktop whose user gave it a serial line",
       in_session("6", {of_service("6", kTaro, "xrdp-sesman", "ttyS0")}), Place::kElsewhere},
      {"serial line", in_session("6", {of_service("6", kTaro, "login", "ttyS0")}), Place::kHere},
      {"cron's session",
       in_session("6", {of_service("6", kTaro, "cron", "", "background"), on_seat("2", kTaro)}),
       Place::kElsewhere},
      {"a remote desktop of who is another's login uid, who sits here",
       [] {
         PlaceFacts facts =
             in_session("6", {of_service("6", kTaro, "xrdp-sesman", ""), on_seat("2", kHanako)});
         facts.login = kHanako;
         return facts;
       }(),
       Place::kElsewhere},
      // user@.service
      {"a desktop's terminal", of_user(kTaro, {on_seat("2", kTaro)}), Place::kHere},
      {"the same, and logged in by ssh", of_user(kTaro, {on_seat("2", kTaro), by_ssh("5", kTaro)}),
       Place::kElsewhere},
      {"systemd-run by ssh", of_user(kTaro, {by_ssh("5", kTaro)}), Place::kElsewhere},
      {"lingering", of_user(kTaro, {on_seat("2", kHanako)}), Place::kElsewhere},
      {"and on a remote desktop",
       of_user(kTaro, {on_seat("2", kTaro), of_service("6", kTaro, "xrdp-sesman", "")}), Place::kElsewhere},
      {"the manager's own session does not count",
       of_user(kTaro, {on_seat("2", kTaro), of_service("3", kTaro, "systemd-user", "", "manager")}),
       Place::kHere},
      {"a cron job does not count",
       of_user(kTaro, {on_seat("2", kTaro), of_service("3", kTaro, "cron", "", "background")}), Place::kHere},
      {"root here, and a session whose file cannot be read",
       of_user(0, {on_seat("2", 0), {.id = "3", .remote = true}}), Place::kElsewhere},
      {"root here, and a remote greeter's session",
       of_user(0, {on_seat("2", 0), {.id = "3", .remote = true, .session_class = "greeter"}}),
       Place::kElsewhere},
      // services of the system
      {"login at a console", of_system("", "/dev/tty1", {}), Place::kHere},
      {"login at a console, others here", of_system("", "tty1", {on_seat("2", kTaro), by_ssh("5", kTaro)}),
       Place::kHere},
      {"X greeter", of_system("", ":0", {}), Place::kHere},
      {"X greeter, a screen of two", of_system("", ":0.1", {}), Place::kHere},
      {"X greeter, the tenth screen", of_system("", ":9.9", {}), Place::kHere},
      {"no number of a screen", of_system("", ":0.x", {}), Place::kUnknown},
      {"no number at all", of_system("", ":", {}), Place::kUnknown},
      {"no number of a display", of_system("", ":x", {}), Place::kUnknown},
      {"no number of a display, but of a screen", of_system("", ":x.0", {}), Place::kUnknown},
      {"no display, but a screen", of_system("", ":.0", {}), Place::kUnknown},
      {"Wayland greeter", of_system("", "", {}, "seat0"), Place::kHere},
      {"sshd", of_system("192.0.2.1", "ssh", {}), Place::kElsewhere},
      {"sshd, loopback", of_system("127.0.0.1", "ssh", {on_seat("2", kTaro)}), Place::kElsewhere},
      {"greeter for a remote screen", of_system("192.0.2.1", "192.0.2.1:0", {}), Place::kElsewhere},
      {"greeter for a screen by way of the loopback", of_system("127.0.0.1", ":1", {}), Place::kElsewhere},
      {"a daemon that says nothing", of_system("", "", {}), Place::kUnknown},
      {"remote desktop's daemon", of_system("", "xrdp-sesman", {on_seat("2", kTaro)}), Place::kUnknown},
      {"ssh without PAM, then su", of_system("", "/dev/pts/1", {}), Place::kUnknown},
      {"sudo with pam_rhost",
       {.remote_host = "kiosk", .node_name = "kiosk", .session = "2", .sessions = {on_seat("2", kTaro)}},
       Place::kHere},
      {"a name like the loopback's",
       {.remote_host = "127.attacker.example", .session = "2", .sessions = {on_seat("2", kTaro)}},
       Place::kElsewhere},
      // no logind
      {"no logind: su at a console", {.terminal = "/dev/tty1", .user = kTaro, .login = kTaro}, Place::kHere},
      {"no logind: su at a pseudo-terminal",
       {.terminal = "/dev/pts/1", .user = kTaro, .login = kTaro},
       Place::kUnknown},
      {"no logind: a screen that the user names",
       {.terminal = ":0", .user = kTaro, .login = kTaro},
       Place::kUnknown},
      {"no logind: loopback", {.remote_host = "localhost", .terminal = "ssh"}, Place::kElsewhere},
      {"no logind, but a cgroup of one",
       {.terminal = "pts/1", .session = "5", .user = kTaro},
       Place::kUnknown},
  };
  return kCases;
}

START_TEST(a_person_is_here_or_not) {
  const Case& c = cases()[static_cast<std::size_t>(_i)];
  const PlaceDecision decision = decide_place(c.facts);
  ck_assert_msg(decision.place == c.place, "%s: %d, because %s", c.name, static_cast<int>(decision.place),
                decision.because);
}
END_TEST

// su -l out of a desktop's terminal opens a session for the other user, without a seat.
START_TEST(a_session_that_su_opened_is_where_its_opener_is) {
  const Session derived = of_service("c1", kHanako, "su-l", "pts/0");
  PlaceFacts facts{
      .session = "c1", .user = kHanako, .login = kTaro, .sessions = {derived, on_seat("2", kTaro)}};
  ck_assert(decide_place(facts).place == Place::kHere);
  facts.sessions = {derived, on_seat("2", kTaro), by_ssh("5", kTaro)};
  ck_assert(decide_place(facts).place == Place::kElsewhere);
  facts.sessions = {derived, by_ssh("5", kTaro)};
  ck_assert(decide_place(facts).place == Place::kElsewhere);
  facts.sessions = {derived, on_seat("2", kHanako)};
  ck_assert(decide_place(facts).place == Place::kElsewhere);
  facts.login.reset();
  ck_assert(decide_place(facts).place == Place::kElsewhere);
}
END_TEST

START_TEST(only_the_loopback_is_this_machine) {
  for (const char* host :
       {"localhost", "localhost.localdomain", "127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "kiosk"})
    ck_assert_msg(names_this_machine(host, "kiosk"), "%s", host);
  for (const char* host :
       {"", "127.attacker.example", "127.0.0.1.example", "127.1", "localhost.evil.example", "LOCALHOST.x",
        "10.127.0.1", "::2", "::ffff:192.0.2.1", "kiosk.example", "0.0.0.0"})
    ck_assert_msg(!names_this_machine(host, "kiosk"), "%s", host);
  ck_assert(!names_this_machine("", ""));
}
END_TEST

START_TEST(terminals_of_the_machine) {
  for (const char* terminal : {"tty1", "tty9", "/dev/tty63", "ttyS0", "/dev/ttyAMA0", "hvc0", "/dev/console"})
    ck_assert_msg(is_hardware_terminal(terminal), "%s", terminal);
  for (const char* terminal :
       {"", "tty", "/dev/tty", "pts/0", "/dev/pts/1", "ttyp0", "ssh", ":0", "tty1x", "/dev/../tty1"})
    ck_assert_msg(!is_hardware_terminal(terminal), "%s", terminal);
}
END_TEST

const struct {
  const char* text;
  const char* session;
  int user;  // -1: none
} kCgroups[] = {
    {"0::/user.slice/user-1000.slice/session-3.scope\n", "3", 1000},
    {"0::/user.slice/user-1000.slice/session-c12.scope/deeper\n", "c12", 1000},
    {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope\n", "", 1000},
    // below user@.service, names are the user's own
    {"0::/user.slice/user-1000.slice/user@1000.service/user.slice/user-0.slice/session-1.scope\n", "", 1000},
    {"0::/system.slice/x/user.slice/user-0.slice/session-1.scope\n", "", -1},
    {"0::/system.slice/getty@tty1.service\n", "", -1},
    {"0::/\n", "", -1},
    {"", "", -1},
    {"9:name=systemd:/user.slice/user-5.slice/session-4.scope\n8:pids:/\n0::/\n", "4", 5},
    {"8:pids:/user.slice/user-5.slice/session-4.scope\n0::/\n", "", -1},
    {"0::/user.slice/user-x.slice/session-1.scope\n", "", -1},
    {"0::/user.slice/user-.slice/session-1.scope\n", "", -1},
    {"0::/user.slice/user-1000.scope/session-1.scope\n", "", -1},
    {"0::/user.slice/used-1000.slice/session-1.scope\n", "", -1},
    {"0::/user.slice/user-1.slice/session-.scope\n", "", 1},
    {"0:", "", -1},
};

START_TEST(a_cgroup_names_session_and_user) {
  const auto& row = kCgroups[_i];
  const CgroupPlace place = place_of_cgroup(row.text);
  ck_assert_str_eq(place.session.c_str(), row.session);
  ck_assert_int_eq(place.user ? static_cast<int>(*place.user) : -1, row.user);
}
END_TEST

constexpr char kRemote[] =
    "# This is private data. Do not "
    "parse.\nUID=1000\nUSER=taro\nACTIVE=1\nIS_DISPLAY=0\nSTATE=active\nREMOTE=1\n"
    "LEADER_FD_SAVED=0\nTYPE=tty\nORIGINAL_TYPE=tty\nCLASS=user\nSCOPE=session-5.scope\n"
    "FIFO=/run/systemd/sessions/"
    "5.ref\nREMOTE_HOST=192.0.2.1\nSERVICE=sshd\nPOSITION=0\nLEADER=4711\nAUDIT=5\n"
    "REALTIME=1700000000000000\nMONOTONIC=1000000\n";
constexpr char kLocal[] =
    "# This is private data. Do not "
    "parse.\nUID=1000\nUSER=taro\nACTIVE=1\nIS_DISPLAY=1\nSTATE=active\nREMOTE=0\nTYPE=tty\n"
    "CLASS=user\nSCOPE=session-2.scope\nSEAT=seat0\nTTY=tty1\nSERVICE=login\nVTNR=1\nLEADER=42\nAUDIT=2\n";

constexpr char kOfDisplay[] =
    "# This is private data. Do not "
    "parse.\nUID=1000\nUSER=taro\nACTIVE=1\nIS_DISPLAY=1\nSTATE=active\nREMOTE=0\nTYPE=x11\n"
    "ORIGINAL_TYPE=x11\nCLASS=user\nSCOPE=session-2.scope\nSEAT=seat0\nTTY=tty7\nTTY_VALIDITY=from-pam\n"
    "DISPLAY=:0\nREMOTE_HOST=\nSERVICE=lightdm\nDESKTOP=xfce\nVTNR=7\nLEADER=42\nAUDIT=2\n"
    "REALTIME=1700000000000000\nMONOTONIC=1000000\nCONTROLLER=:1.5\nDEVICES=13:64 \n";

START_TEST(a_session_file_is_read) {
  const auto remote = parse_session("5", kRemote);
  ck_assert(remote && remote->user == 1000 && remote->remote && !remote->closing && remote->seat.empty());
  ck_assert(remote->service == "sshd" && remote->session_class == "user" && remote->audit == 5U);
  ck_assert(remote->leader == 4711 && remote->since == 1000000);
  const auto local = parse_session("2", kLocal);
  ck_assert(local && !local->remote && local->seat == "seat0" && local->terminal == "tty1");
  ck_assert(local->leader == 42 && local->since == 0);
  ck_assert(parse_session("2", "UID=1\nSTATE=closing\n")->closing);
  const auto unread = parse_session("2", "UID=1\nLEADER=x\nAUDIT=-1\nMONOTONIC=1s\n");
  ck_assert(unread && unread->leader == 0 && unread->since == 0 && !unread->audit);
  ck_assert(!parse_session("2", ""));
  ck_assert(!parse_session("2", "UID=x\nREMOTE=0\n"));
  ck_assert(!local->doubtful && !remote->doubtful && !parse_session("2", kOfDisplay)->doubtful);
  ck_assert(parse_session("2", kOfDisplay)->display == ":0");
}
END_TEST

// As logind 252 writes them, and later versions with the value in quotes.
START_TEST(who_sets_the_display_of_a_session_says_nothing_else_of_it) {
  const std::string_view honest(kOfDisplay);
  const auto at = honest.find(":0\n");
  for (const char* said :
       {"REMOTE=0", "SEAT=seat1", "TTY=tty3", "UID=1001", "CLASS=background", "STATE=closing", "DISPLAY=:1",
        "SERVICE=su", "LEADER=1", "AUDIT=9", "MONOTONIC=5", "REMOTE_HOST=a\nREMOTE_HOST=b", "SEAT=seat0"})
    for (const char* quote : {"", "\""}) {
      std::string text(honest.substr(0, at));
      text += std::string(quote) + ":0\n" + said + quote + std::string(honest.substr(at + 2));
      const auto session = parse_session("2", text);
      ck_assert_msg(session && session->doubtful && session->remote, "%s", said);
      ck_assert_msg(session->user == 1000 && session->session_class == "user" && !session->closing, "%s",
                    said);
      ck_assert_msg(session->seat.empty() && session->terminal.empty() && session->service.empty() &&
                        !session->audit && session->leader == 0 && session->since == 0,
                    "%s", said);
    }
  // Nobody's seat: REMOTE and SEAT have no twin in the file of a remote desktop.
  const auto desktop =
      parse_session("6", "UID=1000\nREMOTE=0\nCLASS=user\nDISPLAY=:10\nSEAT=seat0\nLEADER=4\n");
  ck_assert(desktop && desktop->doubtful && desktop->seat.empty());
  const auto audit = parse_session("6", "UID=1000\nREMOTE=0\nCLASS=user\nDISPLAY=:10\nAUDIT=3\nLEADER=4\n");
  ck_assert(audit && audit->doubtful && !audit->audit);
  ck_assert(!parse_session("6", "REMOTE=0\nDISPLAY=:10\nUID=0\n"));
}
END_TEST

// A process as /proc shows it, and logind's files.
struct Machine {
  TemporaryDirectory process, sessions;
  PlaceFacts read() const {
    return read_process_facts({process.path().c_str(), sessions.path().c_str(), ::getuid()});
  }
};

START_TEST(a_file_that_is_too_long_is_still_its_user_s) {
  const Machine machine;
  for (const std::size_t size : {std::size_t{60'000}, std::size_t{70'000}, std::size_t{1} << 20}) {
    std::string text(kOfDisplay);
    text.replace(text.find(":0\n"), 2, std::string(size, 'x'));
    machine.sessions.write("2", text);
    const bool whole = text.size() <= 65'536;
    const PlaceFacts facts = machine.read();
    ck_assert_uint_eq(facts.sessions.size(), 1);
    const Session& session = facts.sessions[0];
    ck_assert(session.user == 1000 && session.session_class == "user");
    ck_assert(session.doubtful != whole && session.remote != whole && session.seat.empty() != whole);
    const auto alone = read_session({"", machine.sessions.path().c_str(), ::getuid()}, "2");
    ck_assert(alone && alone->user == 1000 && alone->doubtful != whole);
  }
}
END_TEST

START_TEST(facts_come_from_the_process_and_the_sessions) {
  Machine machine;
  machine.sessions.write("5", kRemote);
  machine.sessions.write("2", kLocal);
  machine.sessions.write("2.ref", "");
  machine.sessions.write(".#2abc", "UID=0\n");
  machine.process.write("cgroup", "0::/user.slice/user-1000.slice/session-5.scope\n");
  machine.process.write("loginuid", "1000");
  machine.process.write("sessionid", "2");
  PlaceFacts facts = machine.read();
  ck_assert_uint_eq(facts.sessions.size(), 2);
  ck_assert_str_eq(facts.session.c_str(), "5");
  ck_assert(facts.user == kTaro && facts.login == kTaro);
  ck_assert(decide_place(facts).place == Place::kElsewhere);
  // A cgroup that says nothing: the audit session does.
  machine.process.write("cgroup", "0::/\n");
  facts = machine.read();
  ck_assert_str_eq(facts.session.c_str(), "2");
  ck_assert(decide_place(facts).place == Place::kElsewhere);  // taro came by ssh as well
  machine.process.write("sessionid", "5");
  ck_assert(machine.read().session == "5");
  machine.process.write("sessionid", "4294967295");
  machine.sessions.write("1", "UID=1000\n");  // of no audit session either
  ck_assert(machine.read().session == "");
  std::filesystem::remove(machine.sessions.path("1"));
  machine.process.write("sessionid", "2");
  std::filesystem::remove(machine.sessions.path("5"));
  ck_assert(decide_place(machine.read()).place == Place::kHere);
}
END_TEST

// cgroup has a line for each hierarchy, each as long as a path may be; loginuid may be one digit.
START_TEST(what_the_process_is_in_is_read_to_its_end) {
  const Machine machine;
  machine.process.write(
      "cgroup", "9:cpu:/" + std::string(10000, 'x') + "\n0::/user.slice/user-1000.slice/session-5.scope");
  machine.process.write("loginuid", "7");
  const PlaceFacts facts = machine.read();
  ck_assert_str_eq(facts.session.c_str(), "5");
  ck_assert(facts.user == kTaro && facts.login == 7);
}
END_TEST

// The descriptor of this process that has `path` open for reading, as soon as there is one.
int reader_of(const std::string& path) {
  struct stat file {};
  ck_assert_int_eq(::stat(path.c_str(), &file), 0);
  for (;; std::this_thread::yield()) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      const int fd = std::stoi(entry.path().filename());
      struct stat info {};
      if (::fstat(fd, &info) != 0 || info.st_dev != file.st_dev || info.st_ino != file.st_ino) continue;
      if ((::fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY) return fd;
    }
  }
}

// A host may have threads that start programs.
START_TEST(what_is_being_read_is_not_handed_on) {
  const Machine machine;
  const std::string fifo = machine.process.path("cgroup");
  ck_assert_int_eq(::mkfifo(fifo.c_str(), 0600), 0);
  int flags = 0;
  std::thread writer([&] {
    const UniqueFd out(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC));
    flags = ::fcntl(reader_of(fifo), F_GETFD);
  });
  const PlaceFacts facts = machine.read();
  writer.join();
  ck_assert(flags == FD_CLOEXEC && !facts.user);
}
END_TEST

START_TEST(one_session_is_read_by_its_id) {
  const Machine machine;
  machine.sessions.write("2", kLocal);
  machine.sessions.write("3", kLocal, std::filesystem::perms(0666));
  machine.sessions.write("2.ref", kLocal);
  const std::string path = machine.sessions.path();
  const PlaceSources sources{"/nonexistent", path.c_str(), ::getuid()};
  const auto session = read_session(sources, "2");
  ck_assert(session && session->id == "2" && session->leader == 42);
  std::filesystem::create_directory(path + "/sub");
  for (const char* name : {"sub/2", ".2"}) machine.sessions.write(name, kLocal);
  for (const char* other : {"", "3", "4", "2.ref", ".2", "sub/2", ".", "..", "../sessions/2"})
    ck_assert_msg(!read_session(sources, other), "%s", other);
}
END_TEST

START_TEST(nothing_is_not_taken_for_something) {
  const Machine machine;
  machine.process.write("loginuid", "4294967295");
  machine.process.write("sessionid", "4294967295\n");
  PlaceFacts facts = machine.read();
  ck_assert(facts.sessions.empty() && facts.session.empty() && !facts.user && !facts.login && facts.logind);
  facts = read_process_facts({"/nonexistent", "/nonexistent"});
  ck_assert(facts.sessions.empty() && facts.session.empty() && !facts.user && !facts.logind);
}
END_TEST

START_TEST(a_session_that_cannot_be_trusted_is_from_elsewhere) {
  const Machine machine;
  machine.sessions.write("2", kLocal, std::filesystem::perms(0666));
  machine.sessions.write("5", kRemote);
  machine.process.write("cgroup", "0::/user.slice/user-1000.slice/session-2.scope\n");
  const PlaceFacts facts = machine.read();
  ck_assert(facts.sessions.size() == 2 && facts.sessions[0].remote && facts.sessions[1].service == "sshd");
  std::filesystem::remove(machine.sessions.path("5"));
  ck_assert(decide_place(machine.read()).place == Place::kElsewhere);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("place");
  TCase* tests = tcase_create("place");
  tcase_add_loop_test(tests, a_person_is_here_or_not, 0, static_cast<int>(cases().size()));
  tcase_add_test(tests, a_session_that_su_opened_is_where_its_opener_is);
  tcase_add_test(tests, only_the_loopback_is_this_machine);
  tcase_add_test(tests, terminals_of_the_machine);
  tcase_add_loop_test(tests, a_cgroup_names_session_and_user, 0, std::size(kCgroups));
  tcase_add_test(tests, a_session_file_is_read);
  tcase_add_test(tests, a_file_that_is_too_long_is_still_its_user_s);
  tcase_add_test(tests, who_sets_the_display_of_a_session_says_nothing_else_of_it);
  tcase_add_test(tests, facts_come_from_the_process_and_the_sessions);
  tcase_add_test(tests, what_the_process_is_in_is_read_to_its_end);
  tcase_add_test(tests, what_is_being_read_is_not_handed_on);
  tcase_add_test(tests, one_session_is_read_by_its_id);
  tcase_add_test(tests, nothing_is_not_taken_for_something);
  tcase_add_test(tests, a_session_that_cannot_be_trusted_is_from_elsewhere);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
