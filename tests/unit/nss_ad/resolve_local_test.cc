// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whom this machine does not take from the directory: what is local already, and names that mean
// something else here.
#include "nss_ad/resolve/local_accounts.h"
#include "tests/unit/nss_ad/resolve_site.h"

namespace {

using namespace jpki;
using namespace jpki::test;

START_TEST(local_accounts_are_not_impersonated) {
  Site site;
  site.local = parse_local_accounts(
      {.passwd = "root:x:0:0:root:/root:/bin/sh\nTaro:x:1000:1000::/home/taro:/bin/sh\n",
       .group = "root:x:0:\n# comment\n+nis\nstaff:x:50:taro\ncut:x:51\nodd:x:5a:\nbad:x:\n",
       .subuid = "",
       .subgid = ""});
  ck_assert_uint_eq(site.local.users.size(), 2);
  ck_assert_uint_eq(site.local.groups.at("staff"), 50);
  ck_assert_uint_eq(site.local.groups.size(), 2);
  site.directory.groups.push_back(group("staff", 1300));
  expect_problems(site.resolved(), {ObjectProblem::kNameLocal, ObjectProblem::kNameLocal}, "user taro");
  ck_assert(!has_user(site.resolved(), "taro") && !has_group(site.resolved(), "staff"));
}
END_TEST

// name:password:id:… in passwd and group, owner:first:count in the others.
START_TEST(entries_are_told_from_other_lines) {
  const LocalAccounts local = parse_local_accounts(
      {.passwd = "77:x\n:x:78:100::/:/bin/sh\nz:x:79:100::/:/bin/sh\nopen::80:100::/:/bin/sh\n"
                 "same:x:79:100::/:/bin/sh\nend:x:81\nlast:x:82:",
       .group = "",
       .subuid = "5:6\n:7:8\nz:9:10\nops:x:11\nops:12:x\nops::13\nops:14:15:\nlast:16:17",
       .subgid = "ops:18:19\n"});
  const std::map<std::string, std::uint32_t, std::less<>> users = {
      {"z", 79}, {"open", 80}, {"same", 79}, {"last", 82}};
  ck_assert(local.users == users && local.groups.empty());
  ck_assert((local.uids == std::map<std::uint32_t, std::string>{{79, "z"}, {80, "open"}, {82, "last"}}));
  std::string subordinate;
  for (const SubordinateIds& ids : local.subordinate)
    subordinate += ids.owner + " " + std::to_string(ids.first) + " " + std::to_string(ids.count) + ";";
  expect_text(subordinate, "z 9 10;last 16 17;ops 18 19;");
}
END_TEST

START_TEST(files_that_must_be_there_and_files_that_may) {
  const TemporaryDirectory etc;
  const auto refused = [&](const char* file) {
    const auto local = read_local_accounts(etc.path());
    ck_assert_msg(!local.has_value(), "%s", file);
    expect_contains(local.error(), "/" + std::string(file) + ": cannot be read");
  };
  refused("passwd");
  etc.write("passwd", "taro:x:1000:1000::/home/taro:/bin/sh\n");
  refused("group");
  etc.write("group", std::string(100000, '#') + "\nstaff:x:50:\n");
  auto local = read_local_accounts(etc.path());
  ck_assert(local && local->users.contains("taro") && local->groups.contains("staff"));
  ck_assert(local->subordinate.empty());
  etc.write("subgid", "ops:2:3\n");
  etc.write("subuid", "ops:1:2\n");
  local = read_local_accounts(etc.path());
  ck_assert(local && local->subordinate.size() == 2 && local->subordinate[0].first == 1);
  for (const char* unreadable : {"subgid", "subuid", "group", "passwd"}) {
    std::filesystem::remove(etc.path(unreadable));
    std::filesystem::create_directory(etc.path(unreadable));
    refused(unreadable);
  }
}
END_TEST

// A name or an id that is local in any way: neither account nor group, no card, no member.
START_TEST(what_is_local_is_not_published) {
  struct Row {
    const char* what;
    LocalFiles files;
    ObjectProblem problem;
  };
  const Row rows[] = {
      {"the same name and id", {"taro:x:6001:100::/:/bin/sh\n", "", "", ""}, ObjectProblem::kNameLocal},
      {"another case", {"TARO:x:1:100::/:/bin/sh\n", "", "", ""}, ObjectProblem::kNameLocal},
      {"a group's name", {"", "taro:x:70:\n", "", ""}, ObjectProblem::kNameLocal},
      {"a name in subuid", {"", "", "taro:100000:65536\n", ""}, ObjectProblem::kNameLocal},
      {"a name in subgid", {"", "", "", "taro:100000:65536\n"}, ObjectProblem::kNameLocal},
      {"a uid", {"ops:x:6001:100::/:/bin/sh\n", "", "", ""}, ObjectProblem::kIdLocal},
      {"a gid", {"", "ops:x:6001:\n", "", ""}, ObjectProblem::kIdLocal},
      {"the first id of a range", {"", "", "ops:6001:1\n", ""}, ObjectProblem::kIdLocal},
      {"the last id of a range", {"", "", "", "ops:5990:12\n"}, ObjectProblem::kIdLocal},
      {"an owner of one letter", {"", "", "o:6001:1\n", ""}, ObjectProblem::kIdLocal},
      {"an owner by id", {"", "", "6001:100000:65536\n", ""}, ObjectProblem::kIdLocal},
  };
  for (const Row& row : rows) {
    Site site = rfc2307_site();
    site.local = parse_local_accounts(row.files);
    site.directory.users[0].alt_security_identities = {"X509:<SKI>00112233445566778899aabbccddeeff00112233"};
    const Resolved resolved = site.resolved();
    ck_assert_msg(!has_user(resolved, "taro") && has_user(resolved, "hanako"), "%s", row.what);
    expect_problems(resolved, {row.problem}, "user taro");
    ck_assert(resolved.contents.bindings.empty());
    ck_assert((members(resolved, "Domain Users") == std::vector<std::string>{"hanako"}));

    Site groups = rfc2307_site();
    groups.local = site.local;
    groups.directory.groups.push_back(group("taro", 1300, {dn_of("hanako")}));
    groups.directory.groups.back().gid_number = 6001;
    groups.directory.users.erase(groups.directory.users.begin());
    ck_assert_msg(!has_group(groups.resolved(), "taro"), "%s", row.what);
    expect_problems(groups.resolved(), {row.problem}, "group taro");
  }
  Site beside = rfc2307_site();
  beside.local = parse_local_accounts({"", "", "ops:6002:0\nops:5990:11\nbroken\n:6001:1\nops:6001:x\n", ""});
  expect_problems(beside.resolved(), {});
}
END_TEST

START_TEST(ids_that_the_system_gives_away) {
  const std::pair<std::uint32_t, bool> rows[] = {
      {60000, true},  {60001, false}, {60513, false}, {60514, true},  {61183, true},  {61184, false},
      {65519, false}, {65520, true},  {65533, true},  {65534, false}, {65535, false}, {65536, true}};
  for (const auto& [id, good] : rows) {
    Site site = rfc2307_site();
    site.directory.users[0].uid_number = id;
    ck_assert_msg(has_user(site.resolved(), "taro") == good, "%u", id);
    expect_problems(site.resolved(), good ? std::multiset<ObjectProblem>{}
                                          : std::multiset<ObjectProblem>{ObjectProblem::kIdLocal});
    Site primary = rfc2307_site();
    primary.directory.users[0].gid_number = id;
    ck_assert_msg(has_user(primary.resolved(), "taro") == good, "%u", id);
    Site with_group = rfc2307_site();
    with_group.directory.groups.push_back(group("saimu", 1300, {dn_of("taro")}));
    with_group.directory.groups.back().gid_number = id;
    ck_assert_msg(has_group(with_group.resolved(), "saimu") == good, "%u", id);
  }
}
END_TEST

START_TEST(a_containers_ids_are_told_once) {
  for (const std::uint32_t id : {524288U, 1879048191U}) ck_assert_msg(is_container_id(id), "%u", id);
  for (const std::uint32_t id : {524287U, 1879048192U}) ck_assert_msg(!is_container_id(id), "%u", id);
  ck_assert(rfc2307_site().resolved().remarks.empty());
  const auto remarks = Site().resolved().remarks;  // SSSD's algorithm
  ck_assert_uint_eq(remarks.size(), 1);
  expect_contains(remarks[0], "3 ids");
  Site one = rfc2307_site();
  one.directory.users[0].uid_number = 524288;
  ck_assert_uint_eq(one.resolved().remarks.size(), 1);
  expect_contains(one.resolved().remarks[0], "1 ids");
}
END_TEST

// --- ids ------------------------------------------------------------------------------------------------
START_TEST(local_ids_are_not_given_away) {
  Site site;
  site.local = parse_local_accounts({"backup:x:770801107:100::/:/bin/sh\n", "ops:x:770800513:\n", "", ""});
  const Resolved resolved = site.resolved();
  expect_problems(resolved,
                  {ObjectProblem::kIdLocal, ObjectProblem::kIdLocal, ObjectProblem::kPrimaryGroupUnknown},
                  "user taro: its id 770801107 is already used on this computer by the user backup");
  ck_assert(resolved.contents.users.empty() && resolved.contents.groups.empty());
  Site unseen;  // the primary group's id is local, and no object of the directory asks for it
  unseen.directory.groups.clear();
  unseen.local = parse_local_accounts({"", "ops:x:770800513:\n", "", ""});
  expect_problems(unseen.resolved(),
                  {ObjectProblem::kPrimaryGroupUnknown, ObjectProblem::kPrimaryGroupUnknown}, "RID 513");
}
END_TEST

// --- names ----------------------------------------------------------------------------------------------
// Bidirectional marks, zero width, byte order mark, line separators, private use; edge spaces, one of them
// ideographic; what sudoers, shells and others act upon.
constexpr const char* kBadNames[] = {
    "a:b",        "a\nb",     "a/b",      "..",       "1107",     "-rf",      "+",
    "98",         "a@b",      "\xff",     "~x",       "a\u202eb", "a\u200bb", "\ufeffroot",
    "a\u2028b",   "a\u2066b", "a\ue000b", "a\u00adb", " taro",    "taro ",    "\u3000taro",
    "taro\u00a0", "#0",       "#-1",      "%sudo",    "!root",    "&x",       "$(id)",
    "a`id`",      "a;b",      "a|b",      "a>b",      "*",        "a?",       "x\"y",
};

START_TEST(names_that_nobody_can_have) {
  for (const char* name : kBadNames) {
    Site site;
    site.directory.users[0].name = name;
    const Resolved resolved = site.resolved();
    expect_problems(resolved, {ObjectProblem::kNameUnusable});
    ck_assert_uint_eq(resolved.contents.users.size(), 1);
    ck_assert(resolved.report.lines[0].text.find('\n') == std::string::npos);
  }
}
END_TEST

START_TEST(names_that_packages_would_adopt) {
  struct Row {
    const char* name;
    bool user;  // may be one
    bool group;
  };
  const Row rows[] = {{"docker", false, false},   {"wheel", true, false},   {"Admin", true, false},
                      {"SUDO", true, false},      {"src", true, false},     {"lpadmin", true, false},
                      {"postgres", false, false}, {"_apt", false, false},   {"systemd-x", false, false},
                      {"www-data", false, false}, {"nobody", false, false}, {"dockers", true, true},
                      {"sudo team", true, true},  {"R&D", true, true},      {"HR (Tokyo)", true, true},
                      {"o'neil", true, true},     {"総務課", true, true},   {"a#b", true, true},
                      {"50%", true, true}};
  for (const auto& [name, may_be_user, may_be_group] : rows) {
    Site site;
    site.directory.users[0].name = name;
    site.directory.groups.push_back(group(name, 1300, {dn_of("hanako")}));
    const Resolved resolved = site.resolved();
    ck_assert_msg(has_user(resolved, name) == may_be_user && has_group(resolved, name) == may_be_group, "%s",
                  name);
    std::multiset<ObjectProblem> problems;
    if (!may_be_user) problems.insert(ObjectProblem::kNameReserved);
    if (!may_be_group) problems.insert(ObjectProblem::kNameReserved);
    expect_problems(resolved, problems);
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("nss_ad/resolve, local accounts");
  TCase* tests = tcase_create("local");
  tcase_add_test(tests, local_accounts_are_not_impersonated);
  tcase_add_test(tests, entries_are_told_from_other_lines);
  tcase_add_test(tests, files_that_must_be_there_and_files_that_may);
  tcase_add_test(tests, what_is_local_is_not_published);
  tcase_add_test(tests, ids_that_the_system_gives_away);
  tcase_add_test(tests, a_containers_ids_are_told_once);
  tcase_add_test(tests, local_ids_are_not_given_away);
  tcase_add_test(tests, names_that_nobody_can_have);
  tcase_add_test(tests, names_that_packages_would_adopt);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
