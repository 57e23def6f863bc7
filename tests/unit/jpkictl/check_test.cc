// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl check: what can be told from rules, files and time; the whole of it is an integration test.
#include "jpkictl/directory_check.h"
#include "nss_ad/snapshot/writer.h"
#include "tests/unit/validator/pki_fixture.h"
#include "validator/self_check.h"

#include <fstream>

#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using Kind = CheckReport::Line::Kind;

const Time kToday{std::chrono::seconds(1795957200)};  // 2026-11-29 22:00 +0900, a Sunday

void expect_counts(const CheckReport& report, std::size_t errors, std::size_t warnings) {
  const std::string text = report.text();
  ck_assert_msg(report.count(Kind::kError) == errors && report.count(Kind::kWarning) == warnings, "%s",
                text.c_str());
}

struct Files {
  TemporaryDirectory directory;
  ad::snapshot::Contents contents;

  Files() {
    contents.realm = "AD.TEST";
    contents.netbios = "ADT";
    contents.synchronized = kToday;
    contents.groups = {{"Staff", 20000, *ad::Sid::parse("S-1-5-21-1-2-3-513"), {}}};
    rules("");
    write();
  }
  void rules(const std::string& text) const {
    directory.write("ad.toml", "[directory]\nrealm = \"AD.TEST\"\n" + text);
  }
  void write() const {
    const auto written =
        ad::snapshot::write_snapshots(contents, {directory.path(), ::getegid(), ::getegid()});
    ck_assert_msg(written.has_value(), "%s", written ? "" : written.error().c_str());
  }
  CheckReport check(Time now = kToday) const {
    CheckReport report;
    ctl::check_directory({directory.path("ad.toml"), directory.path(), ::getuid()}, now, report);
    return report;
  }
};

START_TEST(a_good_directory_and_none) {
  const Files files;
  expect_counts(files.check(), 0, 0);
  expect_contains(files.check().text(), "0 account(s), 1 group(s), 0 h old");
  std::filesystem::remove(files.directory.path("ad.toml"));
  ck_assert(files.check().lines().empty());
}
END_TEST

START_TEST(rules_that_cannot_be_read) {
  const Files files;
  files.rules("[account]\nmax_snapshot_age_hours = \"x\"\n");
  expect_counts(files.check(), 1, 0);
  expect_contains(files.check().text(), "error: JPKI-513 ");
  expect_contains(files.check().text(), "max_snapshot_age_hours");
}
END_TEST

START_TEST(snapshots_that_cannot_be_used) {
  const Files files;
  for (const char* name : {"restricted.snap", "users.snap"}) {
    files.write();
    std::filesystem::remove(files.directory.path(name));
    expect_counts(files.check(), 1, 0);
    expect_contains(files.check().text(), std::string("JPKI-513 ") + files.directory.path(name));
    files.write();
    // A byte that no header has.
    std::fstream file(files.directory.path(name), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(-1, std::ios::end);
    file.put('\x7f');
    file.close();
    expect_counts(files.check(), 1, 0);
    expect_contains(files.check().text(), "damaged");
  }
}
END_TEST

START_TEST(snapshots_that_are_too_old) {
  const Files files;
  files.rules("[account]\nmax_snapshot_age_hours = 24\n");
  expect_counts(files.check(kToday + std::chrono::hours(24)), 0, 0);
  const CheckReport old = files.check(kToday + std::chrono::hours(25));
  expect_counts(old, 1, 0);
  expect_contains(old.text(), "JPKI-512 the snapshot of the directory is 25 h old");
  expect_counts(files.check(kToday - std::chrono::hours(1)), 1, 0);
}
END_TEST

START_TEST(groups_of_the_rules) {
  const Files files;
  files.rules("[[account.rule]]\nallowed_groups = [\"STAFF\"]\ndenied_groups = [\"S-1-5-21-1-2-3-513\"]\n");
  expect_counts(files.check(), 0, 0);
  files.rules("[[account.rule]]\nallowed_groups = [\"stuff\"]\n");
  expect_counts(files.check(), 0, 1);
  files.rules("[[account.rule]]\ndenied_groups = [\"S-1-5-21-1-2-3-514\"]\n");
  expect_counts(files.check(), 1, 0);
  expect_contains(files.check().text(), "S-1-5-21-1-2-3-514");
}
END_TEST

schedule::SourceRule rule(const char* hours, const char* segment = "") {
  schedule::SourceRule rule;
  rule.name = "list";
  rule.segment = segment;
  rule.hours.hours = {*schedule::parse_interval(hours)};
  return rule;
}

START_TEST(whether_any_source_is_in_service) {
  const auto checked = [](std::vector<schedule::SourceRule> rules) {
    CheckReport report;
    check_service(rules, "office", kToday, report);
    return report;
  };
  expect_counts(checked({rule("08:00-18:00"), rule("20:00-24:00")}), 0, 0);
  const CheckReport night = checked({rule("08:00-18:00"), rule("07:30-18:00"), rule("05:00-06:00", "lgwan")});
  expect_counts(night, 0, 1);
  expect_contains(night.text(), "until 2026-11-30 07:30 +0900 (JPKI-402)");
  const CheckReport never = checked({rule("08:00-18:00", "lgwan")});
  expect_counts(never, 1, 0);
  expect_contains(never.text(), "error: JPKI-402 no source is ever in service");
}
END_TEST

START_TEST(authorities_that_expire) {
  const auto checked = [](std::chrono::seconds left, bool is_authority = true) {
    auto builder = is_authority ? authority(authority_name(), authority_name(), "root")
                                : test::builder(authority_name(), authority_name(), key("root"));
    builder.not_after = kToday + left;
    std::vector<trust::FiledCertificate> intermediates;
    intermediates.push_back({"/etc/jpki/intermediates.d/ca.pem", decoded(builder.sign(key("root")))});
    CheckReport report;
    check_intermediates(intermediates, kToday, report);
    return report;
  };
  using std::chrono::days;
  using std::chrono::seconds;
  expect_counts(checked(days(400)), 0, 0);
  expect_counts(checked(days(30)), 0, 0);
  const CheckReport soon = checked(days(30) - seconds(1));
  expect_counts(soon, 0, 1);
  expect_contains(soon.text(), "warning: /etc/jpki/intermediates.d/ca.pem: ");
  expect_contains(soon.text(), "in less than 30 day(s)");
  ck_assert(soon.lines()[0].subject == subject::kAuxiliary);
  expect_contains(checked(seconds(0)).text(), "in less than 1 day(s)");
  const CheckReport over = checked(seconds(-1));
  expect_counts(over, 0, 1);
  expect_contains(over.text(), "ca.pem: a certificate of a CA in it has expired");
  expect_contains(over.text(), "JPKI-310");
  // A CRL signer's end is the CRL's subject.
  expect_counts(checked(seconds(-1), false), 0, 0);
}
END_TEST

// The same of the directory, whose files are told by name.
START_TEST(intermediates_by_their_files) {
  const TemporaryDirectory directory;
  auto old = authority(authority_name(), authority_name(), "root");
  old.not_after = test::kNow;
  directory.write("old.der", as_text(old.sign(key("root"))));
  directory.write("person.der", as_text(person().sign(key("root"))));
  std::vector<std::string> problems;
  const auto found = trust::load_intermediate_files(directory.path(), problems, {.owner = ::getuid()});
  ck_assert_uint_eq(problems.size(), 1);
  expect_contains(problems[0], "person.der");
  ck_assert_uint_eq(found.size(), 1);
  expect_text(found[0].file, directory.path("old.der"));
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("jpkictl-check");
  TCase* tc = tcase_create("check");
  for (const auto* test :
       {a_good_directory_and_none, rules_that_cannot_be_read, snapshots_that_cannot_be_used,
        snapshots_that_are_too_old, groups_of_the_rules, whether_any_source_is_in_service,
        authorities_that_expire, intermediates_by_their_files})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  key("root");
  key("person");
  return run_suite(suite());
}
