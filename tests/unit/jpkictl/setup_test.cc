// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The pure parts of jpkictl setup; and its journal, ended before each single step.
#include "jpkictl/setup/difference.h"
#include "jpkictl/setup/plan.h"
#include "jpkictl/setup/proof.h"
#include "tests/unit/support/check_main.h"
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

// --- plans
Present a_computer() {
  Present present;
  present.files["/etc/nsswitch.conf"] =
      file("passwd: files systemd # files\ngroup: files\nhosts: files dns\nshadow: files ad\n");
  present.files["/etc/pam.d/common-auth"] = file("auth required pam_unix.so\n");
  present.profiles["/etc/pam.d/common-auth"] =
      file("auth sufficient pam_jpki.so wait_for_card=5\nauth required pam_unix.so\n");
  present.profiles["/etc/pam.d/common-session"] = file("session optional pam_jpki.so\n");
  present.ad_template = "# template\n";
  return present;
}

const FileState* after(const Plan& plan, const std::string& path) {
  const auto found = std::ranges::find(plan.changes, path, &Change::path);
  return found == plan.changes.end() ? nullptr : &found->after;
}

START_TEST(a_plan_changes_what_was_answered) {
  const auto made =
      plan({.profile = Profile::kOrPassword, .removal = "lock", .language = "ja"}, a_computer());
  ck_assert(made.has_value());
  ck_assert(after(*made, "/etc/pam.d/common-auth")->content ==
            "auth sufficient pam_jpki.so wait_for_card=5 lang=ja\nauth required pam_unix.so\n");
  const FileState* const settings = after(*made, JPKI_SYSCONFDIR "/jpki.toml.d/50-setup.toml");
  ck_assert(settings != nullptr && settings->content.ends_with("\n[session]\nremoval = \"lock\"\n"));
  ck_assert(settings->mode == 0644);
  ck_assert(after(*made, "/etc/nsswitch.conf") == nullptr);
  // Once more, from there: nothing.
  Present there = a_computer();
  for (const Change& change : made->changes) there.files[change.path] = change.after;
  there.profiles.clear();
  ck_assert(plan({.language = "ja"}, there)->changes.empty());
  // Other answers leave it.
  const auto more = plan({.segment = "lgwan"}, there);
  ck_assert(
      after(*more, JPKI_SYSCONFDIR "/jpki.toml.d/50-setup.toml")
          ->content.ends_with("\n[revocation]\nsegment = \"lgwan\"\n\n[session]\nremoval = \"lock\"\n"));
}
END_TEST

START_TEST(a_plan_with_active_directory) {
  Present present = a_computer();
  present.units["nss-ad-refresh.timer"] = {false, false};
  const auto made = plan({.mapping = "ad", .realm = "ad.city.example.jp"}, present);
  ck_assert(made.has_value());
  ck_assert(after(*made, "/etc/nsswitch.conf")->content ==
            "passwd: files ad systemd # files\ngroup: files ad\nhosts: files dns\nshadow: files ad\n");
  ck_assert(after(*made, JPKI_SYSCONFDIR "/ad.toml")->content == "# template\n");
  ck_assert(after(*made, JPKI_SYSCONFDIR "/ad.toml.d/50-setup.toml")
                ->content.ends_with("realm = \"ad.city.example.jp\"\n"));
  ck_assert_uint_eq(made->units.size(), 1);
  ck_assert(made->units[0] == (UnitChange{"nss-ad-refresh.timer", false, false, true}));
}
END_TEST

START_TEST(a_plan_with_sources) {
  const std::string settings = JPKI_SYSCONFDIR "/jpki.toml.d/50-setup.toml";
  const std::string directory = JPKI_SYSCONFDIR "/ad.toml.d/50-setup.toml";
  const auto made = plan({.realm = "ad.example.jp",
                          .controllers = {"dc1.ad.example.jp", "dc2.ad.example.jp:3389"},
                          .crls = {"a=http://one/a.crl", "b=http://one/b.crl", "a=ldap://two/a"},
                          .feed = "/srv/feed",
                          .resolver = "/usr/local/bin/resolver",
                          .ocsp_extension = "2.999.1.7"},
                         a_computer());
  ck_assert(
      after(*made, settings)
          ->content.ends_with("\n[succession]\nfeed = \"/srv/feed\"\nresolver = \"/usr/local/bin/resolver\"\n"
                              "ocsp_extension = \"2.999.1.7\"\n"
                              "\n[[crl]]\nname = \"a\"\nurls = [\"http://one/a.crl\", \"ldap://two/a\"]\n"
                              "\n[[crl]]\nname = \"b\"\nurls = [\"http://one/b.crl\"]\n"));
  ck_assert(after(*made, directory)
                ->content.ends_with("servers = [\"dc1.ad.example.jp\", \"dc2.ad.example.jp:3389\"]\n"));
  // What is answered later leaves the rest.
  Present there = a_computer();
  for (const Change& change : made->changes) there.files[change.path] = change.after;
  ck_assert(plan({.realm = "ad.example.jp", .feed = "/srv/feed"}, there)->changes.empty());
  const auto more = plan({.removal = "lock", .crls = {"c=http://three/c.crl"}}, there);
  const std::string text = after(*more, settings)->content;
  ck_assert(text.find("feed = \"/srv/feed\"") != std::string::npos);
  ck_assert(text.find("ocsp_extension = \"2.999.1.7\"") != std::string::npos);
  ck_assert(text.ends_with("\n[[crl]]\nname = \"c\"\nurls = [\"http://three/c.crl\"]\n"));
}
END_TEST

START_TEST(a_plan_with_responders) {
  const std::string settings = JPKI_SYSCONFDIR "/jpki.toml.d/50-setup.toml";
  const std::string sources =
      "\n[[revocation.source]]\nname = \"platform\"\ntype = \"ocsp\"\nurls = [\"http://one/\", "
      "\"http://two/\"]\n"
      "\n[[revocation.source]]\nname = \"crl\"\ntype = \"crl\"\n";
  Present there = a_computer();
  const auto keep = [&](const Plan& made) {
    for (const Change& change : made.changes) there.files[change.path] = change.after;
    return there.files[settings].content;
  };
  const Answers both{.responders = {"platform=http://one/", "platform=http://two/"}};
  ck_assert(keep(*plan(both, there)).ends_with(sources));
  // CRLs come behind them, and neither takes the other away.
  const std::string crl = "\n[[crl]]\nname = \"a\"\nurls = [\"http://one/a.crl\"]\n";
  ck_assert(keep(*plan({.crls = {"a=http://one/a.crl"}}, there)).ends_with(sources + crl));
  ck_assert(keep(*plan({.removal = "lock"}, there)).ends_with(sources + crl));
  ck_assert(plan(both, there)->changes.empty());
  const std::string other = keep(*plan({.responders = {"b=https://three/"}}, there));
  ck_assert(other.find("platform") == std::string::npos && other.ends_with(crl));
  // Those of the main file would be asked first, and names may not be used twice.
  there.files[JPKI_SYSCONFDIR "/jpki.toml"] = file("# x\n#[[revocation.source]]\n");
  ck_assert(plan(both, there).has_value());
  there.files[JPKI_SYSCONFDIR "/jpki.toml"] = file("# x\n[[revocation.source]]\nname = \"mine\"\n");
  ck_assert(!plan(both, there).has_value());
  ck_assert(plan({.removal = "lock"}, there).has_value());
}
END_TEST

START_TEST(a_plan_with_login_screens) {
  Present present = a_computer();
  present.files["/etc/pam.d/lightdm-jpki"] = file("auth required pam_jpki.so\n");
  present.files[JPKI_SYSCONFDIR "/greeter.toml"] =
      file("# Language\n#password_button = true\n\nlanguage = \"auto\"\n");
  present.files["/etc/alternatives/gdm-smartcard"] = {Kind::kLink, 0, 0, 0,
                                                      "/etc/pam.d/gdm-smartcard-jpki-or-password"};
  present.files["/var/lib/dpkg/alternatives/gdm-smartcard"] =
      file("auto\n/etc/pam.d/gdm-smartcard\n\nauto\n");
  present.files["/etc/pam.d/gdm-smartcard-jpki-exclusive"] = file("auth required pam_jpki.so\n");
  const auto made =
      plan({.profile = Profile::kExclusive, .language = "ja", .greeter = true, .gdm = true}, present);
  ck_assert(made.has_value());
  ck_assert(after(*made, JPKI_SYSCONFDIR "/greeter.toml")->content ==
            "# Language\npassword_button = false\n\nlanguage = \"ja\"\n");
  const FileState* const choice = after(*made, "/etc/alternatives/gdm-smartcard");
  ck_assert(choice->kind == Kind::kLink && choice->content == "/etc/pam.d/gdm-smartcard-jpki-exclusive");
  ck_assert(after(*made, "/var/lib/dpkg/alternatives/gdm-smartcard")->content ==
            "manual\n/etc/pam.d/gdm-smartcard\n\nauto\n");
  // Where nobody says who logs in, the choice stays.
  for (const Change& change : made->changes) present.files[change.path] = change.after;
  present.profiles.clear();
  ck_assert(plan({.gdm = true}, present)->changes.empty());
  ck_assert(with_setting("", "language", "\"en\"") == "language = \"en\"\n");
  ck_assert(with_setting("languages = 1\n", "language", "2") == "languages = 1\nlanguage = 2\n");
}
END_TEST

START_TEST(a_plan_is_refused) {
  const auto refused = [](const Answers& answers, const Present& present) {
    const auto made = plan(answers, present);
    return !made && made.error().status == ExitStatus::kBad && !made.error().text.empty();
  };
  Present present = a_computer();
  ck_assert(refused({.mapping = "ad"}, present));
  ck_assert(refused({.greeter = true}, present));
  ck_assert(refused({.gdm = true}, present));
  ck_assert(refused({.profile = Profile::kExclusive, .emergency = true}, present));
  present.root_has_password = false;
  ck_assert(refused({.profile = Profile::kExclusive}, present));
  present.name_service_module = false;
  ck_assert(refused({.realm = "ad.example.jp"}, present));
  present.profiles["/etc/pam.d/common-auth"].content = "auth required pam_unix.so\n";
  ck_assert(refused({.profile = Profile::kOrPassword}, present));
  present.profiles.clear();
  ck_assert(refused({.profile = Profile::kOrPassword}, present));
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
  tcase_add_test(all, changes_go_back_byte_by_byte);
  tcase_add_test(all, a_cut_while_it_applies);
  tcase_add_test(all, a_cut_while_it_goes_back);
  tcase_add_test(all, what_others_changed_is_kept);
  tcase_add_test(all, a_journal_that_is_no_longer_whole_is_told);
  tcase_add_test(all, the_clock_that_people_set_has_no_say);
  tcase_add_test(all, only_a_card_login_since_then_counts);
  tcase_add_test(all, differences);
  tcase_add_test(all, a_plan_changes_what_was_answered);
  tcase_add_test(all, a_plan_with_active_directory);
  tcase_add_test(all, a_plan_with_sources);
  tcase_add_test(all, a_plan_with_responders);
  tcase_add_test(all, a_plan_with_login_screens);
  tcase_add_test(all, a_plan_is_refused);
  tcase_add_test(all, the_unit_that_takes_back_may_write_whatever_a_setup_writes);
  suite_add_tcase(suite, all);
  return test::run_suite(suite);
}
