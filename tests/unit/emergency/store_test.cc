// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/emergency/site.h"

#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <sys/stat.h>

namespace {

using namespace jpki;
using namespace jpki::emergency;
using namespace jpki::test;

const Pending kPending{"1234567890123456", "sato", "boot", std::chrono::seconds(5), std::chrono::seconds(7)};
const Tries kTries{"boot", 3, 7, std::chrono::seconds(11)};
const Used kUsed{"E-000001", "sato", kMorning};

std::string content_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

template <class Record>
void expect_strict(const Record& record) {
  const std::string text = text_of(record);
  ck_assert(parse<Record>(text) == record);
  for (std::size_t size = 0; size < text.size(); ++size)
    ck_assert_msg(!parse<Record>(std::string_view(text).substr(0, size)), "cut at %zu", size);
  ck_assert(!parse<Record>(text + "more=1\n") && !parse<Record>("\n" + text));
  for (std::size_t line = text.find('\n') + 1; line < text.size(); line = text.find('\n', line) + 1) {
    std::string wrong = text;
    wrong[wrong.find('=', line)] = ':';
    ck_assert_msg(!parse<Record>(wrong), "%s", wrong.c_str());
  }
}

START_TEST(records_are_read_as_they_were_written) {
  expect_strict(Computer().issue(1));
  expect_strict(kPending);
  expect_strict(kTries);
  expect_strict(kUsed);
  ck_assert(!parse<Tries>(text_of(kPending)));
  std::string text = text_of(kTries);
  text.replace(text.find("wrong=3"), 7, "wrong=-");
  ck_assert(!parse<Tries>(text));
}
END_TEST

START_TEST(no_value_begins_a_line) {
  Issue issue = Computer().issue(1);
  issue.reason = "card at home\nhash=x";
  const auto read = parse<Issue>(text_of(issue));
  ck_assert(read && read->hash == issue.hash && read->reason == "card at home?hash=x");
}
END_TEST

START_TEST(files_are_roots_alone) {
  const Computer computer;
  computer.put(computer.issue(1));
  const std::string file = computer.directory.path("codes/code-2001");
  struct stat info {};
  ck_assert_int_eq(::stat(file.c_str(), &info), 0);
  ck_assert_uint_eq(info.st_mode & 07777, 0600);
  ck_assert(computer.store.read<Issue>(kSato)->has_value());
  ck_assert_int_eq(::chmod(file.c_str(), 0644), 0);
  ck_assert(!computer.store.read<Issue>(kSato));  // others could have tried it at home
  ck_assert(computer.store.read<Issue>(kSato + 1).has_value() && !*computer.store.read<Issue>(kSato + 1));
}
END_TEST

START_TEST(a_code_is_removed_once) {
  const Computer computer;
  computer.put(computer.issue(1));
  ck_assert(*computer.store.remove<Issue>(kSato));
  ck_assert(!*computer.store.remove<Issue>(kSato));
}
END_TEST

START_TEST(all_codes_are_listed) {
  const Computer computer;
  ck_assert(computer.store.issues()->empty());
  for (const uid_t uid : {kSato + 9, kSato}) {
    Issue issue = computer.issue(1);
    issue.uid = uid;
    computer.put(issue);
  }
  ck_assert(computer.store.write(kSato, kTries).has_value());
  const auto issues = computer.store.issues();
  ck_assert_uint_eq(issues->size(), 2);
  ck_assert_uint_eq((*issues)[0].uid, kSato);
  computer.directory.write("codes/code-5", "rubbish");
  expect_contains(computer.store.issues().error(), "code-5");
}
END_TEST

START_TEST(a_full_disk_leaves_what_was_there) {
  const Computer computer;
  computer.put(computer.issue(1));
  const std::string file = computer.directory.path("codes/code-2001");
  const std::string before = content_of(file);
  fill_the_disk();
  const bool written = computer.store.write(kSato, computer.issue(2)).has_value();
  const bool registered = computer.store.add_to_register("line").has_value();
  make_room_on_the_disk();
  ck_assert(!written && !registered);
  expect_text(content_of(file), before);
  ck_assert(!std::filesystem::exists(computer.directory.path("codes/.code-2001.new")));
}
END_TEST

START_TEST(the_register_grows_by_lines) {
  const Computer computer;
  ck_assert(computer.store.add_to_register("one").has_value());
  ck_assert(computer.store.add_to_register("two\nthree").has_value());
  expect_text(content_of(computer.directory.path("history/register")), "one\ntwo?three\n");
}
END_TEST

START_TEST(one_process_at_a_time) {
  const Computer computer;
  auto held = computer.store.lock(std::chrono::milliseconds(0));
  ck_assert(held.has_value());
  ck_assert(!computer.store.lock(std::chrono::milliseconds(0)));
  held->reset();
  ck_assert(computer.store.lock(std::chrono::milliseconds(0)).has_value());
  const Store nowhere(computer.directory.path("none"), computer.directory.path("none"),
                      {.owner = ::getuid()});
  expect_contains(nowhere.lock(std::chrono::milliseconds(0)).error(), "systemd-tmpfiles --create jpki.conf");
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("emergency store");
  TCase* tests = tcase_create("store");
  for (const TTest* test :
       {records_are_read_as_they_were_written, no_value_begins_a_line, files_are_roots_alone,
        a_code_is_removed_once, all_codes_are_listed, a_full_disk_leaves_what_was_there,
        the_register_grows_by_lines, one_process_at_a_time})
    tcase_add_test(tests, test);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
