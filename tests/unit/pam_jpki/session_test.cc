// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Records of sessions: whose session gets one, and that it goes away. The account `nobody` exists everywhere.
#include "pam_jpki/session.h"

#include "tests/unit/pam_jpki/host.h"

#include <csignal>
#include <map>
#include <utility>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

// The data of the only handle. libpam keeps it for modules alone, and this program is none.
struct Data {
  void* value;
  void (*cleanup)(pam_handle_t*, void*, int);
};
std::map<std::string, Data> data_of_handle;

void forget(const std::string& key) {
  const auto found = data_of_handle.find(key);
  if (found == data_of_handle.end()) return;
  if (found->second.cleanup != nullptr) found->second.cleanup(nullptr, found->second.value, 0);
  data_of_handle.erase(found);
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" int pam_set_data(pam_handle_t*, const char* key, void* value,
                            void (*cleanup)(pam_handle_t*, void*, int)) {
  forget(key);
  data_of_handle[key] = {value, cleanup};
  return PAM_SUCCESS;
}
extern "C" int pam_get_data(const pam_handle_t*, const char* key, const void** value) {
  const auto found = data_of_handle.find(key);
  if (found == data_of_handle.end()) return PAM_NO_MODULE_DATA;
  *value = found->second.value;
  return PAM_SUCCESS;
}
#pragma GCC visibility pop

namespace {

using namespace jpki;
using namespace jpki::pam;
using namespace jpki::pam::test;

constexpr uid_t kNobody = 65534;

CardLogin card_login() {
  CardLogin login{.card = {.reader = "Virtual PCD 00 00"},
                  .nonce = {},
                  .certificate = "c0ffee",
                  .when = Time(std::chrono::seconds(1'800'000'000)),
                  .up = {"boot", 4711}};
  login.card.mark.fill(9);
  login.nonce.fill(7);
  return login;
}

std::string session_file(uid_t user, pid_t leader, const std::string& more = "MONOTONIC=123456\n") {
  return "UID=" + std::to_string(user) +
         "\nSEAT=seat0\nTTY=tty2\nREMOTE=0\nSERVICE=login\nLEADER=" + std::to_string(leader) + "\n" + more;
}

// A host whose card login has just succeeded, on a machine with or without logind.
struct Site {
  explicit Site(bool logind = true) {
    std::filesystem::create_directory(directory.path("records"));
    if (logind) std::filesystem::create_directory(directory.path("sessions"));
    host.use("");
    host.start("nobody");
    remember_card(host.handle(), card_login());
    take_log();
  }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;
  ~Site() {
    while (!data_of_handle.empty()) forget(data_of_handle.begin()->first);
    host.end(PAM_SUCCESS);
  }

  void session(const std::string& text) {
    directory.write("sessions/c3", text);
    ck_assert_int_eq(::pam_putenv(host.handle(), "XDG_SESSION_ID=c3"), PAM_SUCCESS);
  }
  void begin() {
    const Installation installation{.validator = "/nonexistent",
                                    .validator_socket = "/nonexistent",
                                    .locale_dir = "/nonexistent",
                                    .account_helper = "/nonexistent",
                                    .account_socket = "/nonexistent",
                                    .directory_config = "/nonexistent",
                                    .directory_state = "/nonexistent",
                                    .session_records = records.c_str(),
                                    .lock_notes = "/nonexistent",
                                    .place = {"/nonexistent", sessions.c_str(), ::getuid()},
                                    .language = {{"/nonexistent", "/nonexistent"}},
                                    .prompt_life = std::chrono::seconds(1),
                                    .restart_pace = std::chrono::seconds(0),
                                    .emergency_helper = "/nonexistent",
                                    .emergency_history = "/nonexistent",
                                    .ticket_helper = "/nonexistent",
                                    .registration_helper = "/nonexistent"};
    begin_session_record(host.handle(), installation, Log(host.handle(), false));
  }
  std::vector<SessionRecord> found() const {
    const auto all = read_session_records(records, {.owner = ::getuid()});
    ck_assert(all && all->problems.empty());
    return all->records;
  }

  jpki::test::TemporaryDirectory directory;
  std::string records = directory.path("records");
  std::string sessions = directory.path("sessions");
  Host host;
};

START_TEST(the_session_of_a_login_has_a_record_while_it_lasts) {
  Site site;
  site.session(session_file(kNobody, ::getpid()));
  site.begin();
  const auto records = site.found();
  ck_assert_uint_eq(records.size(), 1);
  SessionRecord expected{.session = "c3",
                         .since = 123456,
                         .leader = ::getpid(),
                         .user = kNobody,
                         .service = "jpki-test",
                         .terminal = "tty2",
                         .seat = "seat0",
                         .reader = "Virtual PCD 00 00",
                         .certificate = "c0ffee",
                         .login = card_login().when,
                         .factors = "card+pin",
                         .boot = "boot",
                         .up_ms = 4711};
  expected.key.fill(7);
  expected.mark.fill(9);
  ck_assert(records[0] == expected);
  struct stat status {};
  ck_assert_int_eq(::stat((site.records + "/session-c3").c_str(), &status), 0);
  ck_assert_uint_eq(status.st_mode & 07777, 0640);
  end_session_record(site.host.handle());
  ck_assert(site.found().empty());
  end_session_record(site.host.handle());  // once is enough
  ck_assert(take_log().empty());
}
END_TEST

START_TEST(a_session_that_this_process_did_not_open_has_none) {
  const std::string others[] = {session_file(kNobody, ::getppid()),     // su inside somebody's session
                                session_file(kNobody - 1, ::getpid()),  // of another account
                                session_file(kNobody, ::getpid(), ""),  // nothing tells when it began
                                session_file(kNobody, 0)};
  for (const std::string& other : others) {
    Site site;
    site.session(other);
    site.begin();
    ck_assert(site.found().empty());
  }
  for (const char* id : {"", "XDG_SESSION_ID=", "XDG_SESSION_ID=c4", "XDG_SESSION_ID=../sessions/c3"}) {
    Site site;
    site.directory.write("sessions/c3", session_file(kNobody, ::getpid()));
    if (*id != '\0') ck_assert_int_eq(::pam_putenv(site.host.handle(), id), PAM_SUCCESS);
    site.begin();
    ck_assert(site.found().empty());
  }
}
END_TEST

START_TEST(without_logind_the_terminal_names_it) {
  Site site(false);
  ck_assert_int_eq(::pam_set_item(site.host.handle(), PAM_TTY, "/dev/pts/7"), PAM_SUCCESS);
  site.begin();
  const auto records = site.found();
  ck_assert_uint_eq(records.size(), 1);
  ck_assert(records[0].session.empty() && records[0].terminal == "pts/7" && records[0].since == 0);
  ck_assert(std::filesystem::exists(site.records + "/terminal-pts-7"));
}
END_TEST

START_TEST(the_outer_session_of_a_terminal_keeps_its_record) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  for (const bool ended : {false, true}) {
    if (ended) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
    Site site(false);
    SessionRecord outer{.leader = child, .user = 1, .terminal = "pts/test"};
    site.directory.write("records/terminal-pts-test", text_of(outer));
    site.begin();
    end_session_record(site.host.handle());
    ck_assert_uint_eq(site.found().size(), ended ? 0 : 1);
  }
}
END_TEST

START_TEST(what_a_killed_host_left_is_removed) {
  Site site;
  site.session(session_file(kNobody, ::getpid()));
  const auto leave = [&](const std::string& session, std::uint64_t since) {
    SessionRecord record{.session = session, .since = since, .leader = 1, .user = kNobody};
    site.directory.write("records/session-" + session, text_of(record));
  };
  leave("c1", 5);  // logind has none of that id
  site.directory.write("sessions/c4", session_file(kNobody, 1));
  leave("c4", 5);  // … another one
  site.directory.write("sessions/c5", session_file(kNobody, 1));
  leave("c5", 123456);  // … this one
  site.directory.write("sessions/c6", session_file(kNobody, 1), std::filesystem::perms(0666));
  leave("c6", 5);  // … one that tells nothing
  site.directory.write("sessions/c7", session_file(kNobody, 1) + "DISPLAY=:0\nSEAT=seat0\n");
  leave("c7", 123456);  // … one whose user wrote to its file
  site.begin();
  std::string left;
  for (const SessionRecord& record : site.found()) left += record.session + ' ';
  ck_assert_str_eq(left.c_str(), "c3 c5 c6 c7 ");
}
END_TEST

START_TEST(what_is_no_card_login_has_no_record) {
  Site site;
  site.session(session_file(kNobody, ::getpid()));
  remember_card(site.host.handle(), std::nullopt);
  site.begin();
  ck_assert(site.found().empty());
}
END_TEST

START_TEST(a_record_that_cannot_be_written_is_told) {
  Site site;
  site.session(session_file(kNobody, ::getpid()));
  std::filesystem::create_directories(site.records + "/session-c3/x");
  site.begin();
  const std::string log = take_log();
  ck_assert_msg(log.find("this session has no record: ") != log.npos, "%s", log.c_str());
  std::filesystem::remove_all(site.records);
  site.begin();  // no records are kept here
  ck_assert(take_log().empty());
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki session");
  TCase* tests = tcase_create("session");
  tcase_add_test(tests, the_session_of_a_login_has_a_record_while_it_lasts);
  tcase_add_test(tests, a_session_that_this_process_did_not_open_has_none);
  tcase_add_test(tests, without_logind_the_terminal_names_it);
  tcase_add_test(tests, the_outer_session_of_a_terminal_keeps_its_record);
  tcase_add_test(tests, what_a_killed_host_left_is_removed);
  tcase_add_test(tests, what_is_no_card_login_has_no_record);
  tcase_add_test(tests, a_record_that_cannot_be_written_is_told);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
