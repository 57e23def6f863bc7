// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The judgements of jpkictl doctor one by one: what is just good still, and each thing that makes one bad,
// alone.
#include "jpkictl/doctor/check_lines.h"
#include "jpkictl/doctor/file_rules.h"
#include "jpkictl/doctor/gather.h"
#include "jpkictl/doctor/last_refusal.h"
#include "jpkictl/doctor/links.h"
#include "tests/unit/jpkictl/doctor_facts.h"
#include "tests/unit/support/expect.h"

#include <functional>

namespace {

using namespace jpki;
using namespace jpki::ctl;
using namespace jpki::ctl::doctor;
using jpki::test::expect_contains;
using jpki::test::expect_text;
using jpki::test::good_facts;
using Kind = FileFact::Kind;
using Line = CheckReport::Line;
using Change = std::function<void(Facts&)>;
using Judge = Finding (*)(const Facts&);

Finding after(Judge judge, const Change& change) {
  Facts facts = good_facts();
  change(facts);
  return judge(facts);
}
State state_after(Judge judge, const Change& change) {
  return after(judge, change).state;
}
void is_good(Judge judge, const Change& change) {
  const Finding finding = after(judge, change);
  ck_assert_msg(finding.state == State::kGood, "%s", english(finding.seen).c_str());
}
void is_bad(Judge judge, const Change& change) {
  ck_assert_msg(state_after(judge, change) == State::kBad, "it is not bad");
}
Change mode(const std::string& path, mode_t bits) {
  return [=](Facts& facts) { facts.files[path].mode = bits; };
}
Change kind(const std::string& path, Kind what) {
  return [=](Facts& facts) { facts.files[path].kind = what; };
}
Change unit(const char* name, const char* active, const char* enabled) {
  return [=](Facts& facts) { (*facts.units)[name] = {active, enabled}; };
}

// --- the walk
Finding all_right(const Facts&) {
  return good({"all right"});
}
Finding all_wrong(const Facts&) {
  return bad({"all wrong"}, {"mend it"});
}

std::string order_of(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += finding.link;
    if (!finding.because.empty()) text += "<" + std::string(finding.because);
    text += ' ';
  }
  return text;
}

START_TEST(what_a_link_needs_comes_before_it) {
  const Link kLinks[] = {{"other", "", {}, {Verdict::kRevoked}, all_right},
                         {"first", "", {}, {}, all_right},
                         {"second", "", {"first"}, {}, all_right},
                         {"third", "", {"other", "second"}, {}, all_right},
                         {"unneeded", "", {"third"}, {}, all_right},
                         {"refuses", "", {"third"}, {Verdict::kNotMapped}, all_right}};
  expect_text(order_of(walk(kLinks, {}, {})), "other first second third unneeded refuses ");
  expect_text(order_of(walk(kLinks, {}, Verdict::kNotMapped)), "other first second third refuses unneeded ");
  const std::span<const Link> from_first(kLinks + 1, 5);
  expect_text(order_of(walk(from_first, {}, Verdict::kNotMapped)), "first second third refuses unneeded ");
  const Link kOne[] = {{"a", "", {}, {}, all_right},
                       {"b", "", {}, {}, all_right},
                       {"c", "", {"b"}, {Verdict::kRevoked}, all_right}};
  expect_text(order_of(walk(kOne, {}, Verdict::kRevoked)), "b c a ");
}
END_TEST

START_TEST(the_first_need_that_is_not_good_is_the_cause) {
  const Link kLinks[] = {{"good", "", {}, {}, all_right},
                         {"bad", "", {}, {}, all_wrong},
                         {"worse", "", {}, {}, all_wrong},
                         {"after", "", {"nowhere", "good", "bad", "worse"}, {}, all_right},
                         {"last", "", {"after", "worse"}, {}, all_right}};
  const auto findings = walk(kLinks, {}, {});
  expect_text(order_of(findings), "good bad worse after<bad last<bad ");
  ck_assert(findings[3].state == State::kCouldNotTell && first_bad(findings) == &findings[1]);
  expect_contains(english(findings[4].seen), "look at bad first");
}
END_TEST

// --- the lines of the check
START_TEST(a_warning_counts_where_it_keeps_people_out) {
  struct Row {
    Judge judge;
    std::string_view subject;
    bool counts;
  };
  const Row kRows[] = {{judge_opensc_conf, subject::kOpenscConf, false},
                       {judge_configuration, subject::kConfiguration, false},
                       {judge_modules, subject::kModules, false},
                       {judge_anchors, subject::kAnchors, true},
                       {judge_windows, subject::kWindows, true},
                       {judge_site_key, subject::kSiteKey, false},
                       {judge_memory, subject::kRevokedMemory, false},
                       {judge_crl_index, subject::kCrlIndex, false},
                       {judge_crl_age, subject::kCrlAge, true},
                       {judge_service_hours, subject::kSources, true},
                       {judge_tls_anchors, subject::kTlsAnchors, false},
                       {judge_auxiliary, subject::kAuxiliary, true},
                       {judge_accounts, subject::kAccounts, false},
                       {judge_account_names, subject::kAccounts, true},
                       {judge_directory_configuration, subject::kDirectoryConfiguration, false},
                       {judge_snapshots, subject::kSnapshots, false},
                       {judge_snapshot_age, subject::kSnapshotAge, false},
                       {judge_bindings, subject::kBindings, true},
                       {judge_account_rules, subject::kAccountRules, true}};
  for (const Row& row : kRows)
    for (const Line::Kind line : {Line::Kind::kGood, Line::Kind::kWarning, Line::Kind::kError}) {
      const bool expected = line == Line::Kind::kError || (line == Line::Kind::kWarning && row.counts);
      const Finding finding = after(row.judge, [&](Facts& facts) {
        facts.check->push_back({Line::Kind::kError, Verdict::kInternal, "another", "no such subject"});
        facts.check->push_back({line, Verdict::kInternal, "the account taro", row.subject});
      });
      ck_assert_msg((finding.state == State::kBad) == expected, "%s", std::string(row.subject).c_str());
      // What the check says is told, where no account can be named.
      const bool told = expected && row.subject != subject::kAccounts;
      expect_text(finding.detail, told ? "the account taro" : "");
    }
}
END_TEST

START_TEST(nothing_of_a_directory_is_judged_where_there_is_none) {
  for (const Judge judge :
       {judge_directory_configuration, judge_directory_secret, judge_snapshots, judge_snapshot_age,
        judge_bindings, judge_account_rules, judge_directory_timer, judge_name_service, judge_pam_account})
    is_good(judge, [](Facts& facts) {
      facts.directory.used = false;
      facts.check.reset();
      facts.units.reset();
      facts.nsswitch.clear();
      facts.pam.clear();
      facts.files.clear();
    });
}
END_TEST

START_TEST(lines_to_comment_out_have_a_file_and_a_number) {
  expect_text(command_in("/a:109: x"), "sed -i '109s/^/#/' /a");
  for (const char* none : {"/a:0: x", "/a:: x", "/a:1a: x", "/a:1/: x", "/a:1", "a:1: x", ":1: x", "/a", ":"})
    ck_assert_msg(command_in(none).empty(), "%s", none);
}
END_TEST

START_TEST(what_is_passed_over_is_put_aside) {
  const auto command = [](const std::string& text) {
    return after(
               judge_auxiliary,
               [&](Facts& facts) {
                 facts.check->push_back({Line::Kind::kError, Verdict::kInternal, text, subject::kAuxiliary});
               })
        .remedy.command;
  };
  expect_text(command("/a.d/b.pem: no certificate"), "mv /a.d/b.pem /var/tmp/");
  expect_text(command("/a.d/b.pem: writable; run: chmod go-w /a.d/b.pem"), "chmod go-w /a.d/b.pem");
  for (const char* none : {"/a/b.pem: no certificate", "/a/b.pem: not as in /a.d/b.pem",
                           "a.d/b.pem: no certificate", "/a.d/b.pem"})
    ck_assert_msg(command(none).empty(), "%s", none);
  is_good(judge_auxiliary, [](Facts&) {});
}
END_TEST

// --- the host
START_TEST(room_on_the_disk_has_a_bound) {
  static constexpr std::uint64_t kEnough = 16 << 20;
  is_good(judge_disk, [](Facts& facts) { facts.free_bytes = kEnough; });
  is_bad(judge_disk, [](Facts& facts) { facts.free_bytes = kEnough - 1; });
  is_good(judge_disk, [](Facts& facts) { facts.free_inodes = 1000; });
  is_bad(judge_disk, [](Facts& facts) { facts.free_inodes = 999; });
  ck_assert(state_after(judge_disk, [](Facts& facts) { facts.free_bytes.reset(); }) == State::kCouldNotTell);
  ck_assert(state_after(judge_disk, [](Facts& facts) { facts.free_inodes.reset(); }) == State::kCouldNotTell);
  expect_contains(english(after(judge_disk, [](Facts& facts) { facts.free_bytes = 3 * 1024 + 1; }).seen),
                  "only 3 KiB are free");
}
END_TEST

START_TEST(files_of_pam_belong_to_root_alone) {
  const std::string path = "/etc/pam.d/lab";
  is_good(judge_pam_lines, mode(path, 0755));
  for (const mode_t bit : {0020, 0002}) is_bad(judge_pam_lines, mode(path, 0644 | bit));
  is_bad(judge_pam_lines, [&](Facts& facts) { facts.files[path].owner = 1; });
  is_good(judge_pam_lines, kind(path, Kind::kHidden));
}
END_TEST

// What sed would take for more than a word has the whole line commented out.
START_TEST(options_are_taken_away_as_words) {
  const auto command = [](const char* option) {
    return after(judge_pam_options, [&](Facts& facts) { facts.pam.front().options.push_back(option); })
        .remedy.command;
  };
  expect_text(command("a/b"), "sed -i '1s/^/#/' /etc/pam.d/lab");
  expect_text(command("a.b=c"), "sed -i '1s/^/#/' /etc/pam.d/lab");
  expect_contains(command("a_b=c/d"), "+a_b\\(=");
  is_good(judge_pam_options,
          [](Facts& facts) { facts.pam.front().options.push_back("config_file=" + facts.config_file); });
}
END_TEST

START_TEST(the_account_is_judged_where_the_card_is_asked_for) {
  const auto command = [](std::vector<PamLine> lines) {
    return after(judge_pam_account, [&](Facts& facts) { facts.pam = std::move(lines); }).remedy.command;
  };
  const PamLine session{"/etc/pam.d/other", 1, "session", "optional", {}};
  expect_text(command({session, {"/etc/pam.d/lab", 1, "auth", "required", {}}}),
              "sed -i '$a account required pam_jpki.so' /etc/pam.d/lab");
  expect_text(command({session, {"/etc/pam.d/common-auth", 1, "auth", "required", {}}}),
              "pam-auth-update --package");
}
END_TEST

// --- trust
START_TEST(a_timer_is_enabled_and_active) {
  const std::pair<Judge, const char*> timers[] = {{judge_crl_timer, kCrlTimer},
                                                  {judge_directory_timer, kDirectoryTimer}};
  for (const auto& [judge, timer] : timers) {
    is_bad(judge, unit(timer, "inactive", "enabled"));
    is_bad(judge, unit(timer, "active", "disabled"));
    is_bad(judge, [name = timer](Facts& facts) { facts.units->erase(name); });
    ck_assert(state_after(judge, [](Facts& facts) { facts.units.reset(); }) == State::kCouldNotTell);
  }
}
END_TEST

START_TEST(every_source_is_looked_at) {
  using Reason = fetch::FetchError::Reason;
  const SourceAnswer refuses{"refuses", "a", Reason::kStatus, ""};
  const SourceAnswer answers{"answers", "b", std::nullopt, ""};
  const SourceAnswer dead{"dead", "c", Reason::kUnreachable, ""};
  is_good(judge_source_answers, [&](Facts& facts) { facts.sources = {refuses, answers}; });
  const Finding finding = after(judge_source_answers, [&](Facts& facts) {
    facts.sources = {refuses, answers, dead};
  });
  ck_assert(finding.state == State::kBad);
  expect_contains(english(finding.seen), "source dead does not answer");
}
END_TEST

// --- the card
START_TEST(the_rule_of_polkit_counts_where_polkit_is) {
  is_good(judge_polkit, mode(kPolkitRule, 0644));
  is_bad(judge_polkit, mode(kPolkitRule, 0643));
  is_good(judge_polkit, kind(kPolkitRule, Kind::kHidden));
  is_bad(judge_polkit, [](Facts& facts) {
    facts.files[kOldPolkitDaemon] = std::exchange(facts.files[kPolkitDaemon], {});
    facts.files[kPolkitRule] = {};
  });
  is_good(judge_polkit, [](Facts& facts) {
    facts.files[kPolkitDaemon] = {};
    facts.files[kPolkitRule] = {};
  });
}
END_TEST

START_TEST(tries_are_bad_from_the_last_one_on) {
  for (const unsigned tries : {0U, 1U, 2U, 3U})
    ck_assert(state_after(judge_tries, [&](Facts& facts) { facts.card.tries_left = tries; }) ==
              (tries < 2 ? State::kBad : State::kGood));
  ck_assert(state_after(judge_tries, [](Facts& facts) { facts.card.tries_left.reset(); }) ==
            State::kCouldNotTell);
  is_good(judge_reader, [](Facts& facts) { facts.card.readers = 2; });
}
END_TEST

// --- accounts and the desk
START_TEST(the_secret_of_the_directory_is_for_root_alone) {
  const std::string path = good_facts().directory.secret;
  for (const mode_t bit : {0040, 0020, 0010, 0004, 0002, 0001})
    is_bad(judge_directory_secret, mode(path, 0600 | bit));
  is_good(judge_directory_secret, mode(path, 0700));
  is_bad(judge_directory_secret, [&](Facts& facts) { facts.files[path].owner = 1; });
  is_good(judge_directory_secret, [](Facts& facts) { facts.directory.secret.clear(); });
  ck_assert(state_after(judge_directory_secret, kind(path, Kind::kHidden)) == State::kCouldNotTell);
  const Finding password = after(judge_directory_secret, [&](Facts& facts) {
    facts.directory.keytab = false;
    facts.files[path] = {};
  });
  ck_assert(password.state == State::kBad && password.remedy.command.empty());
}
END_TEST

START_TEST(lockers_have_two_sockets) {
  const std::pair<const char*, const char*> sockets[] = {{kLockerSocket, kLockerSocketFile},
                                                         {kAccountSocket, kAccountSocketFile}};
  for (const auto& [name, path] : sockets) {
    is_bad(judge_lockers, unit(name, "inactive", "enabled"));
    is_bad(judge_lockers, kind(path, Kind::kMissing));
    is_bad(judge_lockers, mode(path, 0660));
    is_good(judge_lockers, mode(path, 0777));
    is_good(judge_lockers, [path = path](Facts& facts) {
      facts.files[path].kind = Kind::kHidden;
      facts.files[path].mode = 0;
    });
  }
  is_good(judge_lockers, unit(kLockerSocket, "inactive", "disabled"));
  // Whether the records are there is the guard's link.
  is_good(judge_lockers, [](Facts& facts) {
    facts.files[rule_of_sessions().path] = {};
    facts.records = facts.new_records = {};
  });
}
END_TEST

START_TEST(readers_of_records_need_both_rights) {
  const uid_t helper = good_facts().helper->uid;
  for (const mode_t rights : {00, 01, 04})
    expect_contains(
        english(after(judge_lockers, [&](Facts& facts) { facts.records.users[helper] = rights; }).seen),
        "does not let");
  for (const mode_t rights : {00, 01, 02, 03})
    expect_contains(
        english(after(judge_lockers, [&](Facts& facts) { facts.new_records.users[helper] = rights; }).seen),
        "does not let");
  for (const mode_t rights : {05, 06, 07})
    expect_contains(
        english(after(judge_lockers, [&](Facts& facts) { facts.new_records.users[helper] = rights; }).seen),
        "gives more");
}
END_TEST

START_TEST(the_login_screen_counts_where_it_is_used) {
  for (const char* path : {kLightdm, kGreeterSettings})
    is_good(judge_greeter, [&](Facts& facts) {
      facts.files[path] = {};
      facts.other_greeters = {"/etc/lightdm/lightdm.conf:2"};
    });
  is_good(judge_language, [](Facts& facts) {
    facts.language = "C.UTF-8";
    facts.japanese_locale = false;
  });
}
END_TEST

// --- the log
START_TEST(a_refusal_is_told_before_its_account) {
  ck_assert(last_refusal_in("JPKI-401 revoked account=taro", "taro") == Verdict::kRevoked);
  for (const char* other :
       {"account=taro JPKI-401", "x account=taro cause=\"JPKI-401\"", "JPKI-401 revoked user=taro",
        "JPKI- account=taro", "JPKI-x account=taro", "JPKI-99999 account=taro", "JPKI-000 account=taro"})
    ck_assert_msg(!last_refusal_in(other, "taro"), "%s", other);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("jpkictl doctor, links");
  TCase* tests = tcase_create("links");
  for (const TTest* test :
       {what_a_link_needs_comes_before_it, the_first_need_that_is_not_good_is_the_cause,
        a_warning_counts_where_it_keeps_people_out, nothing_of_a_directory_is_judged_where_there_is_none,
        lines_to_comment_out_have_a_file_and_a_number, what_is_passed_over_is_put_aside,
        room_on_the_disk_has_a_bound, files_of_pam_belong_to_root_alone, options_are_taken_away_as_words,
        the_account_is_judged_where_the_card_is_asked_for, a_timer_is_enabled_and_active,
        every_source_is_looked_at, the_rule_of_polkit_counts_where_polkit_is,
        tries_are_bad_from_the_last_one_on, the_secret_of_the_directory_is_for_root_alone,
        lockers_have_two_sockets, readers_of_records_need_both_rights,
        the_login_screen_counts_where_it_is_used, a_refusal_is_told_before_its_account})
    tcase_add_test(tests, test);
  suite_add_tcase(suite, tests);
  return jpki::test::run_suite(suite);
}
