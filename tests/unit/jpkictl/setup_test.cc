// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The journal of jpkictl setup, ended before each single step; and what ends the wait for a login.
#include "jpkictl/setup/difference.h"
#include "jpkictl/setup/plan.h"
#include "jpkictl/setup/proof.h"
#include "tests/unit/support/check_main.h"
#include "tests/unit/support/privilege.h"
#include "tests/unit/support/source_text.h"

#include <algorithm>
#include <sstream>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::ctl;
using namespace jpki::ctl::setup;
using Kind = FileState::Kind;

FileState file(std::string content, mode_t mode = 0644) {
  return {Kind::kRegular, ::geteuid(), ::getegid(), mode, std::move(content)};
}

// What there is at each path of a journal.
std::vector<FileState> states(const Journal& journal) {
  std::vector<FileState> all;
  for (const Change& change : journal.changes) all.push_back(look_at(change.path).value());
  return all;
}

struct Site {
  test::TemporaryDirectory etc;
  test::TemporaryDirectory state;
  Journal journal;

  Site() {
    etc.write("changed", "old\n", std::filesystem::perms(0600));
    etc.write("removed", "gone\n");
    std::filesystem::create_symlink("/old/target", etc.path("link"));
    const FileState directory{Kind::kDirectory, ::geteuid(), ::getegid(), 0755};
    add("new.d", directory);
    add("new.d/file", file("drop-in\n"));
    add("changed", file("new\n", 0640));
    add("removed", {});
    add("link", {Kind::kLink, ::geteuid(), ::getegid(), 0, "/new/target"});
    add("binary", file(std::string("\0\xff\n=", 4)));
    journal.armed = {"boot-1", 1000};
    journal.wait = std::chrono::minutes(10);
    journal.units = {{"a.socket", false, true, true}};
  }
  void add(const char* name, FileState after) {
    journal.changes.push_back({etc.path(name), look_at(etc.path(name)).value(), std::move(after)});
  }
  std::vector<FileState> before() const {
    std::vector<FileState> all;
    for (const Change& change : journal.changes) all.push_back(change.before);
    return all;
  }
  std::string kept() const { return state.path("setup"); }
};

// Runs `work` in a child that ends, as by a power cut, before its step number `step`; whether it got so far.
bool cut_before(int step, const std::function<void(const BeforeStep&)>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    int count = 0;
    work([&] {
      if (count++ == step) ::_exit(1);
    });
    ::_exit(0);
  }
  int status = 0;
  ck_assert_int_eq(::waitpid(child, &status, 0), child);
  ck_assert(WIFEXITED(status));
  return WEXITSTATUS(status) == 1;
}

START_TEST(every_change_is_read_whichever_is_the_first) {
  Site site;
  for (std::size_t i = 0; i < site.journal.changes.size(); ++i) {
    std::ranges::rotate(site.journal.changes, site.journal.changes.begin() + 1);
    ck_assert(write_journal(site.kept(), site.journal).has_value());
    ck_assert(read_journal(site.kept()).value()->changes == site.journal.changes);
  }
}
END_TEST

START_TEST(a_journal_is_read_as_it_was_written) {
  const Site site;
  ck_assert(!read_journal(site.kept()).value());
  ck_assert(write_journal(site.kept(), site.journal).has_value());
  const auto read = read_journal(site.kept()).value();
  ck_assert(read.has_value());
  ck_assert(read->changes == site.journal.changes);
  ck_assert(read->units == site.journal.units);
  ck_assert(read->armed.boot == "boot-1" && read->armed.up_ms == 1000 && read->wait == site.journal.wait);
  for (const char* name : {"", "/copies", "/journal"}) {
    struct stat info {};
    ck_assert_int_eq(::stat((site.kept() + name).c_str(), &info), 0);
    ck_assert_int_eq(info.st_mode & 0077, 0);
  }
}
END_TEST

START_TEST(changes_go_back_byte_by_byte) {
  const Site site;
  ck_assert(write_journal(site.kept(), site.journal).has_value());
  ck_assert(make_changes(site.journal).has_value());
  std::vector<FileState> after;
  for (const Change& change : site.journal.changes) after.push_back(change.after);
  ck_assert(states(site.journal) == after);
  const RollBack back = roll_back(site.kept(), *read_journal(site.kept()).value());
  ck_assert(back.failed.empty() && back.kept.empty());
  ck_assert(states(site.journal) == site.before());
  ck_assert(end_journal(site.kept()).has_value());
  ck_assert(!read_journal(site.kept()).value());
  ck_assert(!std::filesystem::exists(site.kept() + "/copies"));
}
END_TEST

// Whenever the power goes: either nothing has changed, or the journal puts everything back.
START_TEST(a_cut_while_it_applies) {
  int step = 0;
  for (bool cut = true; cut; ++step) {
    const Site site;
    cut = cut_before(step, [&](const BeforeStep& before) {
      (void)write_journal(site.kept(), site.journal, before);
      (void)make_changes(site.journal, before);
    });
    const auto journal = read_journal(site.kept()).value();
    if (!journal) {
      ck_assert(states(site.journal) == site.before());
      continue;
    }
    ck_assert(roll_back(site.kept(), *journal).failed.empty());
    ck_assert(states(site.journal) == site.before());
  }
  ck_assert_int_ge(step, 15);
}
END_TEST

START_TEST(a_cut_while_it_goes_back) {
  int step = 0;
  for (bool cut = true; cut; ++step) {
    const Site site;
    ck_assert(write_journal(site.kept(), site.journal).has_value());
    ck_assert(make_changes(site.journal).has_value());
    site.etc.write("changed", "somebody's\n");
    cut = cut_before(step, [&](const BeforeStep& before) {
      (void)roll_back(site.kept(), *read_journal(site.kept()).value(), before);
      (void)end_journal(site.kept(), before);
    });
    if (const auto journal = read_journal(site.kept()).value()) {
      ck_assert(roll_back(site.kept(), *journal).failed.empty());
      ck_assert(end_journal(site.kept()).has_value());
    }
    ck_assert(states(site.journal) == site.before());
    // Kept once, however often it was begun.
    const auto copies = std::filesystem::directory_iterator(site.kept() + "/kept");
    ck_assert_int_eq(std::distance(begin(copies), end(copies)), 1);
  }
  ck_assert_int_ge(step, 8);
}
END_TEST

START_TEST(what_others_changed_is_kept) {
  const Site site;
  ck_assert(write_journal(site.kept(), site.journal).has_value());
  ck_assert(make_changes(site.journal).has_value());
  site.etc.write("changed", "somebody's\n");
  site.etc.write("new.d/other", "somebody's too\n");
  const RollBack back = roll_back(site.kept(), site.journal);
  ck_assert(back.failed.empty());
  ck_assert_uint_eq(back.kept.size(), 1);
  ck_assert(back.kept[0].path == site.etc.path("changed"));
  ck_assert(look_at(back.kept[0].copy).value().content == "somebody's\n");
  ck_assert(look_at(site.etc.path("changed")).value() == site.journal.changes[2].before);
  ck_assert(look_at(site.etc.path("new.d/other")).value().content == "somebody's too\n");
}
END_TEST

START_TEST(a_journal_that_is_no_longer_whole_is_told) {
  const Site site;
  ck_assert(write_journal(site.kept(), site.journal).has_value());
  std::filesystem::remove(site.kept() + "/copies/2.before");
  ck_assert(!read_journal(site.kept()).has_value());
  std::ofstream(site.kept() + "/journal") << "jpki-setup-journal 9\n";
  ck_assert(!read_journal(site.kept()).has_value());
  // A kind that no file has, in each change.
  ck_assert(write_journal(site.kept(), site.journal).has_value());
  const std::string good = look_at(site.kept() + "/journal").value().content;
  std::size_t kinds = 0;
  for (auto at = good.find("\nkind="); at != std::string::npos; at = good.find("\nkind=", at + 1)) {
    std::ofstream(site.kept() + "/journal")
        << good.substr(0, at) << "\nkind=fifo" << good.substr(good.find('\n', at + 1));
    ck_assert(!read_journal(site.kept()).has_value());
    ++kinds;
  }
  ck_assert_uint_eq(kinds, 2 * site.journal.changes.size());
}
END_TEST

// What is not root's own may be anybody's.
START_TEST(a_copy_that_others_own_is_not_put_back) {
  const Site site;
  ck_assert(write_journal(site.kept(), site.journal).has_value());
  const std::string copy = site.kept() + "/copies/2.before";
  if (test::can_give_files_to(1)) {
    ck_assert_int_eq(::chown(copy.c_str(), 1, 0), 0);
    ck_assert(!read_journal(site.kept()).has_value());
  }
  std::filesystem::remove(copy);
  std::filesystem::create_symlink("/etc/passwd", copy);
  ck_assert(!read_journal(site.kept()).has_value());
}
END_TEST

START_TEST(a_journal_has_a_bound) {
  for (const std::size_t over : {0, 1}) {
    Site site;
    site.journal.changes.resize(1000 + over, {"/a", {}, {}});
    ck_assert(write_journal(site.kept(), site.journal).has_value());
    ck_assert(read_journal(site.kept()).has_value() == (over == 0));
    site.journal.changes.clear();
    site.journal.units.resize(1000 + over, {"a.socket", true, false, false});
    ck_assert(write_journal(site.kept(), site.journal).has_value());
    ck_assert(read_journal(site.kept()).has_value() == (over == 0));
  }
  Site site;
  site.journal.changes[0].path = "relative";
  ck_assert(write_journal(site.kept(), site.journal).has_value());
  ck_assert(!read_journal(site.kept()).has_value());
}
END_TEST

START_TEST(what_is_kept_has_a_name_for_each_content) {
  const Site site;
  std::string name = site.etc.path("changed").substr(1);
  std::ranges::replace(name, '/', '!');
  ck_assert(write_journal(site.kept(), site.journal).has_value());
  for (const auto& [content, number] : {std::pair{"one\n", ".1"}, {"two\n", ".2"}, {"one\n", ".1"}}) {
    ck_assert(make_changes(site.journal).has_value());
    site.etc.write("changed", content);
    const RollBack back = roll_back(site.kept(), site.journal);
    ck_assert(back.failed.empty() && back.kept.size() == 1);
    ck_assert(back.kept[0].copy == site.kept() + "/kept/" + name + number);
    ck_assert(look_at(back.kept[0].copy).value() == file(content, 0600));
  }
}
END_TEST

// One that cannot be put back does not keep the others.
START_TEST(what_goes_back_and_what_does_not_is_told) {
  const std::function<void(const Site&)> kHindrances[] = {
      [](const Site& site) {
        std::filesystem::remove(site.etc.path("changed"));
        std::filesystem::create_directory(site.etc.path("changed"));
        site.etc.write("changed/in-it", "");
      },
      [](const Site& site) { site.etc.write("changed", std::string((1 << 20) + 1, 'x')); },
      [](const Site& site) {
        site.etc.write("changed", "somebody's\n");
        site.state.write("setup/kept", "no directory");
      }};
  for (const auto& hinder : kHindrances) {
    const Site site;
    ck_assert(write_journal(site.kept(), site.journal).has_value());
    ck_assert(make_changes(site.journal).has_value());
    hinder(site);
    const RollBack back = roll_back(site.kept(), site.journal);
    ck_assert_uint_eq(back.failed.size(), 1);
    ck_assert_uint_eq(back.restored.size(), site.journal.changes.size() - 1);
    ck_assert(std::ranges::find(back.restored, site.etc.path("changed")) == back.restored.end());
    ck_assert(look_at(site.etc.path("removed")).value().content == "gone\n");
  }
}
END_TEST

START_TEST(the_clock_that_people_set_has_no_say) {
  Journal journal;
  journal.armed = {"boot-1", 60'000};
  journal.wait = std::chrono::minutes(10);
  journal.applied = Time(std::chrono::seconds(4'000'000'000));  // the clock was years ahead
  ck_assert(!is_due(journal, {"boot-1", 60'000}));
  ck_assert(!is_due(journal, {"boot-1", 60'000 + 599'999}));
  ck_assert_int_eq(time_left(journal, {"boot-1", 60'000 + 599'001}).count(), 1);
  ck_assert(is_due(journal, {"boot-1", 60'000 + 600'000}));
  ck_assert(is_due(journal, {"boot-2", 60'000}));
  ck_assert(is_due(journal, {"boot-1", 59'999}));
  ck_assert(is_due(journal, {"", 60'000}));
  journal.armed.boot.clear();
  ck_assert(is_due(journal, {"", 60'000}));
  journal.armed.boot = "boot-1";
  for (const int seconds : {0, -1}) {
    journal.wait = std::chrono::seconds(seconds);
    ck_assert(is_due(journal, {"boot-1", 60'000}));
  }
}
END_TEST

START_TEST(only_a_card_login_since_then_counts) {
  Journal journal;
  journal.armed = {"boot-1", 60'000};
  SessionRecord record;
  record.factors = "card+pin";
  record.boot = "boot-1";
  record.up_ms = 60'001;
  ck_assert(login_since(journal, {record}).has_value());
  for (const auto change :
       {+[](SessionRecord& one) { one.factors = "emergency"; },
        +[](SessionRecord& one) { one.boot = "boot-0"; }, +[](SessionRecord& one) { one.boot.clear(); },
        +[](SessionRecord& one) { one.up_ms = 60'000; }}) {
    SessionRecord other = record;
    change(other);
    ck_assert(!login_since(journal, {other}).has_value());
  }
}
END_TEST

START_TEST(differences) {
  ck_assert(unified_difference("a", "1\n2\n", "b", "1\n2\n").empty());
  ck_assert(unified_difference("/dev/null", "", "b", "1\n") == "--- /dev/null\n+++ b\n@@ -0,0 +1 @@\n+1\n");
  ck_assert(unified_difference("a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "b", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n") ==
            "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
  ck_assert(unified_difference("a", "1\n2", "b", "1\n3\n") ==
            "--- a\n+++ b\n@@ -1,2 +1,2 @@\n 1\n-2\n\\ No newline at end of file\n+3\n");
  std::string from;
  std::string to;
  for (int i = 0; i < 30; ++i) {
    from += std::to_string(i) + "\n";
    to += (i == 2 || i == 25 ? "x" : "") + std::to_string(i) + "\n";
  }
  const std::string two = unified_difference("a", from, "b", to);
  ck_assert(two.find("@@ -1,6 +1,6 @@") != std::string::npos);
  ck_assert(two.find("@@ -23,7 +23,7 @@") != std::string::npos);
}
END_TEST

std::vector<std::string> writable_in(const std::string& unit) {
  std::istringstream in(test::text_of_source(unit));
  constexpr std::string_view kKey = "ReadWritePaths=";
  std::vector<std::string> found;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(kKey)) continue;
    std::istringstream words(line.substr(kKey.size()));
    for (std::string word; words >> word;) found.push_back(word.substr(word.starts_with('-') ? 1 : 0));
  }
  return found;
}

START_TEST(the_unit_that_takes_back_may_write_whatever_a_setup_writes) {
  const auto writable = writable_in("conf/jpki-setup-rollback.service");
  std::vector<std::string> paths = paths_of({.lockers = {"i3lock"}});
  paths.push_back("/var/lib/pam/auth");  // of pam-auth-update
  paths.push_back(std::string(kJournalDirectory) + "/journal");
  for (const std::string& path : paths)
    ck_assert_msg(std::ranges::any_of(writable, [&](const auto& top) { return path.starts_with(top + "/"); }),
                  "%s", path.c_str());
  ck_assert(!writable.empty() && std::ranges::find(writable, "/") == writable.end());
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("setup");
  TCase* all = tcase_create("all");
  tcase_set_timeout(all, 60);
  tcase_add_test(all, a_journal_is_read_as_it_was_written);
  tcase_add_test(all, every_change_is_read_whichever_is_the_first);
  tcase_add_test(all, changes_go_back_byte_by_byte);
  tcase_add_test(all, a_cut_while_it_applies);
  tcase_add_test(all, a_cut_while_it_goes_back);
  tcase_add_test(all, what_others_changed_is_kept);
  tcase_add_test(all, a_journal_that_is_no_longer_whole_is_told);
  tcase_add_test(all, a_copy_that_others_own_is_not_put_back);
  tcase_add_test(all, a_journal_has_a_bound);
  tcase_add_test(all, what_is_kept_has_a_name_for_each_content);
  tcase_add_test(all, what_goes_back_and_what_does_not_is_told);
  tcase_add_test(all, the_clock_that_people_set_has_no_say);
  tcase_add_test(all, only_a_card_login_since_then_counts);
  tcase_add_test(all, differences);
  tcase_add_test(all, the_unit_that_takes_back_may_write_whatever_a_setup_writes);
  suite_add_tcase(suite, all);
  return test::run_suite(suite);
}
