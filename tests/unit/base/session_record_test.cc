// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/session_record.h"

#include "tests/unit/support/check_main.h"

#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;

SessionRecord sample() {
  SessionRecord record{.session = "c3",
                       .since = 123456789,
                       .leader = 4711,
                       .user = 2001,
                       .service = "login",
                       .terminal = "tty2",
                       .seat = "seat0",
                       .reader = "Virtual PCD 00 00",
                       .certificate = "0123456789abcdef",
                       .login = Time(std::chrono::seconds(1'800'000'000)),
                       .factors = "card+pin"};
  record.key.fill(0xA5);
  record.mark.fill(0x5A);
  return record;
}

std::string without(std::string text, const std::string& key) {
  const auto begin = text.find("\n" + key + "=") + 1;
  return text.erase(begin, text.find('\n', begin) + 1 - begin);
}

START_TEST(reading_restores_what_was_written) {
  SessionRecord record = sample();
  ck_assert(parse_session_record(text_of(record)) == record);
  record.session.clear();
  record.seat.clear();
  record.certificate.clear();
  ck_assert(parse_session_record(text_of(record)) == record);
  record.boot = "c0ffee00-0000-4000-8000-000000000000";
  record.up_ms = 123'456'789'012;
  ck_assert(parse_session_record(text_of(record)) == record);
  record.leader = 1;
  ck_assert(parse_session_record(text_of(record)) == record);
}
END_TEST

START_TEST(what_is_no_record_is_refused) {
  const std::string good = text_of(sample());
  for (const char* key : {"session", "since", "leader", "user", "service", "terminal", "seat", "reader",
                          "certificate", "key", "mark", "login", "factors"})
    ck_assert_msg(!parse_session_record(without(good, key)), "%s", key);
  for (std::size_t size = 0; size < good.size(); ++size)
    ck_assert(!parse_session_record(std::string_view(good).substr(0, size)));
  const char* const kWrong[][2] = {{"jpki-session=1", "jpki-session=2"},
                                   {"user=2001", "user=-1"},
                                   {"user=2001", "user=2001x"},
                                   {"user=2001", "user="},
                                   {"leader=4711", "leader=0"},
                                   {"session=c3", "session=../c3"},
                                   {"key=a5", "key=g5"},
                                   {"key=a5", "key=a5a5"},
                                   {"mark=5a", "mark=+a"},
                                   {"since=123456789", "since=99999999999999999999"},
                                   {"seat=seat0", "seat=seat0\nseat=seat1"},
                                   {"seat=seat0", "seat=seat0\n\nx=y"}};
  for (const auto& [from, to] : kWrong) {
    std::string text = good;
    text.replace(text.find(from), std::string_view(from).size(), to);
    ck_assert_msg(!parse_session_record(text), "%s", to);
  }
  ck_assert(parse_session_record(good + "later=something\n"));
}
END_TEST

START_TEST(no_value_begins_a_line) {
  SessionRecord record = sample();
  record.reader = "Reader\nuser=0";
  const auto read = parse_session_record(text_of(record));
  ck_assert(read && read->user == 2001 && read->reader == "Reader?user=0");
}
END_TEST

START_TEST(its_file_has_the_name_of_the_session_or_the_terminal) {
  SessionRecord record = sample();
  ck_assert(file_name_of(record) == "session-c3");
  record.session = "../3";
  ck_assert(!file_name_of(record));
  record.session.clear();
  ck_assert(file_name_of(record) == "terminal-tty2");
  record.terminal = "pts/3";
  ck_assert(file_name_of(record) == "terminal-pts-3");
  for (const char* other : {"", "..", "tty 1", "tty\n1", "tty@", "tty[", "tty`", "tty{", "tty:"}) {
    record.terminal = other;
    ck_assert(!file_name_of(record));
  }
  const std::string longest = "azAZ09" + std::string(94, 'x');
  record.terminal = longest;
  ck_assert(file_name_of(record) == "terminal-" + longest);
  record.terminal += 'x';
  ck_assert(!file_name_of(record));
  record.session = longest;
  ck_assert(file_name_of(record) == "session-" + longest);
  record.session += 'x';
  ck_assert(!file_name_of(record));
}
END_TEST

START_TEST(a_leader_lives_or_not) {
  SessionRecord record = sample();
  record.leader = ::getpid();
  ck_assert(leader_lives(record));
  record.leader = ::fork();
  if (record.leader == 0) ::_exit(0);
  ck_assert(::waitpid(record.leader, nullptr, 0) == record.leader);
  ck_assert(!leader_lives(record));
  record.leader = ::getppid();  // may be another user's from here on
  if (::getuid() == 0) ck_assert_int_eq(::setuid(65534), 0);
  ck_assert(leader_lives(record));
}
END_TEST

START_TEST(a_directory_of_records_is_read) {
  const TemporaryDirectory directory;
  const FileTrust trust{.owner = ::getuid()};
  directory.write("session-c3", text_of(sample()));
  directory.write("session-c4", text_of(sample()));  // of another session
  directory.write("session-c5", text_of(sample()), std::filesystem::perms(0666));
  directory.write("session-c6", "nonsense\n");
  directory.write(".session-c7.new", "half-writ");
  const auto found = read_session_records(directory.path(), trust);
  ck_assert(found.has_value());
  ck_assert(found->records.size() == 1 && found->records[0] == sample());
  ck_assert_uint_eq(found->problems.size(), 3);
  const auto missing = read_session_records(directory.path("nowhere"), trust);
  ck_assert(!missing && missing.error().reason == FileError::Reason::kMissing);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("session record");
  TCase* tests = tcase_create("session record");
  tcase_add_test(tests, reading_restores_what_was_written);
  tcase_add_test(tests, what_is_no_record_is_refused);
  tcase_add_test(tests, no_value_begins_a_line);
  tcase_add_test(tests, its_file_has_the_name_of_the_session_or_the_terminal);
  tcase_add_test(tests, a_leader_lives_or_not);
  tcase_add_test(tests, a_directory_of_records_is_read);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
