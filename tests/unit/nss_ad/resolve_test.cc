// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/resolve/resolve.h"

#include "nss_ad/resolve/fields.h"
#include "nss_ad/resolve/membership.h"
#include "nss_ad/snapshot/writer.h"
#include "tests/unit/nss_ad/resolve_site.h"

#include <algorithm>
#include <random>
#include <set>

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::test;
using config::AdConfig;
using Members = std::vector<std::uint32_t>;

// --- the ordinary case ----------------------------------------------------------------------------------
START_TEST(a_small_site) {
  Site site;
  site.directory.users[0].display_name = "鈴木 太郎";
  site.directory.users[0].state.user_account_control = 514;
  site.directory.groups.push_back(group("saimu", 1200, {dn_of("taro")}));
  const Resolved resolved = site.resolved();
  expect_problems(resolved, {});
  expect_text(resolved.contents.realm, "AD.TEST");
  expect_text(resolved.contents.netbios, "ADT");
  ck_assert(resolved.contents.synchronized == kThen);
  const auto& taro = user_in(resolved, "taro");
  ck_assert_uint_eq(taro.uid, 770801107);
  ck_assert_uint_eq(taro.gid, 770800513);
  expect_text(taro.home, "/home/taro");
  expect_text(taro.shell, "/bin/bash");
  expect_text(taro.gecos, "鈴木 太郎");
  ck_assert_uint_eq(taro.state.user_account_control, 514);
  ck_assert((members(resolved, "saimu") == std::vector<std::string>{"taro"}));
  ck_assert((members(resolved, "Domain Users") == std::vector<std::string>{"hanako", "taro"}));
  ck_assert_uint_eq(resolved.ids.users.at(domain_sid(1107)), 770801107);
  ck_assert_uint_eq(resolved.ids.groups.at(domain_sid(513)), 770800513);
  ck_assert(snapshot::lay_out_users(resolved.contents).has_value());
  ck_assert(snapshot::lay_out_restricted(resolved.contents).has_value());
}
END_TEST

START_TEST(templates) {
  const TemplateValues values{"太郎", 1107, "AD.TEST", "ADT", "Suzuki Taro"};
  expect_text(expand("/home/%d/%D/%l/%u-%U %n %% %x %", values),
              "/home/ad.test/ADT/太/太郎-1107 Suzuki Taro % %x %");
  for (const std::string account : {"a", "郎", ""})  // its first character is all of it
    expect_text(expand("/home/%l/%u", {account, 1107, "AD.TEST", "ADT", ""}),
                "/home/" + account + "/" + account);
  Site site;
  site.config.users.home = "/srv/%l/%u";
  site.config.users.shell = "/bin/zsh";
  site.directory.users[0].unix_home = "/export/taro";
  site.directory.users[0].login_shell = "/bin/dash";
  expect_text(user_in(site.resolved(), "taro").home, "/export/taro");
  expect_text(user_in(site.resolved(), "taro").shell, "/bin/dash");
  expect_text(user_in(site.resolved(), "hanako").home, "/srv/h/hanako");
  expect_text(user_in(site.resolved(), "hanako").shell, "/bin/zsh");
  site.config.users.home_from_directory = false;
  site.config.users.shell_from_directory = false;
  expect_text(user_in(site.resolved(), "taro").home, "/srv/t/taro");
  expect_text(user_in(site.resolved(), "taro").shell, "/bin/zsh");
}
END_TEST

START_TEST(fields_that_no_passwd_entry_can_hold) {
  for (const char* home :
       {"relative", "/a:b", "/a\nb", "/a\x7f", "/a\x1f", "/home/../root", "/..", "/\xff"}) {
    Site site;
    site.directory.users[0].unix_home = home;
    expect_problems(site.resolved(), {ObjectProblem::kFieldUnusable}, "taro: its home directory");
    ck_assert(!has_user(site.resolved(), "taro") && has_user(site.resolved(), "hanako"));
  }
  Site shell;
  shell.directory.users[0].login_shell = "/bin/sh:0";
  expect_problems(shell.resolved(), {ObjectProblem::kFieldUnusable}, "shell has a colon");
  Site length;
  length.directory.users[0].unix_home = "/" + std::string(1023, 'a');
  expect_problems(length.resolved(), {});
  length.directory.users[0].unix_home += 'a';
  expect_problems(length.resolved(), {ObjectProblem::kFieldUnusable}, "home directory is too long");
  Site gecos;
  gecos.directory.users[0].display_name = "Taro:0:0";
  expect_problems(gecos.resolved(), {ObjectProblem::kFieldUnusable}, "displayName");
  expect_text(user_in(gecos.resolved(), "taro").gecos, "");
}
END_TEST

// --- names ----------------------------------------------------------------------------------------------
START_TEST(one_name_twice) {
  Site site;
  site.directory.users.push_back(user("TARO", 1109));
  const Resolved resolved = site.resolved();
  expect_problems(resolved, {ObjectProblem::kNameDuplicate, ObjectProblem::kNameDuplicate});
  ck_assert(!has_user(resolved, "taro") && !has_user(resolved, "TARO") && has_user(resolved, "hanako"));
}
END_TEST

START_TEST(an_id_never_changes_silently) {
  Site site;
  const Resolved first = site.resolved();
  site.config.ids.scheme = idmap::Scheme::kRid;  // somebody edits ad.toml
  site.known = first.ids;
  const Resolved second = site.resolved();
  expect_problems(
      second, {ObjectProblem::kIdWouldChange, ObjectProblem::kIdWouldChange, ObjectProblem::kIdWouldChange},
      "its id was 770801107 and would become 11107");
  ck_assert(second.contents.users.empty());
  ck_assert(second.ids == first.ids);  // still remembered: the next run refuses as well
  site.known = second.ids;
  ck_assert(site.resolved().contents.users.empty());
  site.known.users.erase(domain_sid(1107));  // an administrator accepts one
  site.known.groups.clear();
  const Resolved third = site.resolved();
  ck_assert(has_user(third, "taro") && !has_user(third, "hanako"));
  ck_assert_uint_eq(third.ids.users.at(domain_sid(1107)), 11107);
}
END_TEST

START_TEST(one_id_for_two) {
  Site site = rfc2307_site();
  site.directory.users[1].uid_number = 6001;
  const Resolved resolved = site.resolved();
  expect_problems(resolved, {ObjectProblem::kIdTaken, ObjectProblem::kIdTaken}, "6001");
  ck_assert(resolved.contents.users.empty());
  ck_assert(resolved.ids.users.empty());
}
END_TEST

START_TEST(an_id_is_not_handed_on_while_its_owner_is_there) {
  Site site = rfc2307_site();
  site.known = site.resolved().ids;
  site.directory.users[0].uid_number = 6003;  // taro gets a new one,
  site.directory.users[1].uid_number = 6001;  // hanako taro's
  const Resolved resolved = site.resolved();
  expect_problems(resolved, {ObjectProblem::kIdWouldChange, ObjectProblem::kIdWouldChange});
  Site fresh = rfc2307_site();
  fresh.known = fresh.resolved().ids;
  fresh.directory.users[0].uid_number = 6003;
  fresh.directory.users[1] = user("jiro", 1109);
  fresh.directory.users[1].uid_number = 6001;
  const Resolved handed = fresh.resolved();
  expect_problems(handed, {ObjectProblem::kIdWouldChange, ObjectProblem::kIdTaken}, "until now");
  ck_assert(!handed.ids.users.contains(domain_sid(1108)));  // hanako is gone and forgotten
}
END_TEST

START_TEST(rfc2307_numbers) {
  Site site = rfc2307_site();
  const auto taro = site.resolved().contents.users.at(0);
  ck_assert_uint_eq(taro.uid, 6001);
  ck_assert_uint_eq(taro.gid, 5000);
  site.directory.users[0].gid_number = 5100;
  ck_assert_uint_eq(site.resolved().contents.users.at(0).gid, 5100);
  site.config.ids.lowest_id = 5100;
  site.config.ids.highest_id = 6100;
  ck_assert_uint_eq(site.resolved().contents.users.at(0).gid, 5100);
  site.directory.users[0].gid_number = 6100;
  ck_assert_uint_eq(site.resolved().contents.users.at(0).gid, 6100);
  for (const std::uint32_t beyond : {5099, 6101}) {
    site.directory.users[0].gid_number = beyond;
    ck_assert(!has_user(site.resolved(), "taro"));
  }
  site.config.ids = rfc2307_site().config.ids;
  site.directory.users[0].gid_number = 0;
  expect_problems(site.resolved(), {ObjectProblem::kPrimaryGroupUnknown}, "taro");
  site.directory.users[0].gid_number.reset();
  site.directory.users[1].uid_number.reset();
  expect_problems(site.resolved(), {ObjectProblem::kIdMissing}, "1 users have no uidNumber");
  site.directory.users[0].uid_number = 0;
  expect_problems(site.resolved(), {ObjectProblem::kIdMissing, ObjectProblem::kIdMissing}, "taro: the id 0");
  ck_assert(site.resolved().contents.users.empty());
}
END_TEST

START_TEST(a_sid_twice) {
  Site site;
  site.directory.users.push_back(user("jiro", 1107));
  const Resolved resolved = site.resolved();
  expect_problems(resolved, {ObjectProblem::kIdTaken, ObjectProblem::kIdTaken}, "SID");
  ck_assert(has_user(resolved, "hanako") && resolved.contents.users.size() == 1);
}
END_TEST

START_TEST(built_in_groups_have_no_ids_and_need_no_word) {
  Site site;
  Group administrators = group("Administrators", 544);
  administrators.sid = sid("S-1-5-32-544");
  site.directory.groups.push_back(administrators);
  expect_problems(site.resolved(), {});
  ck_assert(!has_group(site.resolved(), "Administrators"));
}
END_TEST

START_TEST(a_primary_group_that_is_not_in_sight) {
  Site site;
  site.directory.groups.clear();
  expect_problems(site.resolved(), {});
  ck_assert_uint_eq(site.resolved().contents.users.at(0).gid, 770800513);
  site.config.ids.scheme = idmap::Scheme::kRid;
  site.config.ids.rid_base = 1000;  // 513 has no id then
  expect_problems(site.resolved(), {ObjectProblem::kPrimaryGroupUnknown, ObjectProblem::kPrimaryGroupUnknown},
                  "RID 513");
}
END_TEST

// uidNumber and gidNumber count under rfc2307 alone.
START_TEST(a_number_of_another_scheme_means_nothing) {
  Site site;
  site.directory.users[0].gid_number = 5100;
  site.directory.users[0].uid_number = 6001;
  expect_problems(site.resolved(), {});
  ck_assert_uint_eq(user_in(site.resolved(), "taro").gid, 770800513);
  ck_assert_uint_eq(user_in(site.resolved(), "taro").uid, 770801107);
}
END_TEST

START_TEST(a_domain_that_contradicts) {
  Site site;
  site.directory.domain_sid = sid("S-1-5-32");
  ck_assert(!resolve(site.directory, site.config, site.local, site.known, kThen));
}
END_TEST

// --- groups ---------------------------------------------------------------------------------------------
START_TEST(nested_groups_and_circles) {
  Site site;
  auto& groups = site.directory.groups;
  groups.push_back(group("inner", 1201, {dn_of("hanako")}));
  groups.push_back(group("outer", 1202, {"cn=INNER,ou=staff,dc=AD,dc=test", dn_of("unknown")}));
  groups.push_back(group("everybody", 1203, {dn_of("Domain Users"), dn_of("outer")}));
  groups.push_back(group("a", 1204, {dn_of("b")}));
  groups.push_back(group("b", 1205, {dn_of("c"), dn_of("taro")}));
  groups.push_back(group("c", 1206, {dn_of("a"), dn_of("inner")}));
  groups.push_back(group("self", 1207, {dn_of("self"), dn_of("taro")}));
  groups.push_back(group("one", 1209, {dn_of("other")}));
  groups.push_back(group("other", 1210, {dn_of("one")}));
  groups.push_back(group("empty", 1208));
  const Resolved resolved = site.resolved();
  expect_problems(resolved,
                  {ObjectProblem::kGroupCycle, ObjectProblem::kGroupCycle, ObjectProblem::kGroupCycle},
                  "3 groups");
  const std::vector<std::string> both = {"hanako", "taro"};
  const std::vector<std::string> hanako = {"hanako"};
  ck_assert(members(resolved, "outer") == hanako && members(resolved, "everybody") == both);
  ck_assert(members(resolved, "a") == both && members(resolved, "b") == both &&
            members(resolved, "c") == both);
  ck_assert((members(resolved, "self") == std::vector<std::string>{"taro"}));
  ck_assert(members(resolved, "empty").empty());
}
END_TEST

START_TEST(a_group_that_is_refused_hides_no_other) {
  Site site;
  site.directory.groups.insert(site.directory.groups.begin(), group("bad:name", 1201));
  site.directory.groups.push_back(group("after", 1202));
  const Resolved resolved = site.resolved();
  ck_assert(!has_group(resolved, "bad:name") && has_group(resolved, "Domain Users") &&
            has_group(resolved, "after"));
}
END_TEST

START_TEST(only_groups_that_matter) {
  Site site;
  site.directory.groups.push_back(group("inner", 1201, {dn_of("hanako")}));
  site.directory.groups.push_back(group("outer", 1202, {dn_of("inner")}));
  site.directory.groups.push_back(group("ruled", 1203));
  site.directory.groups.push_back(group("other", 1205));
  site.config.groups.only = {"OUTER"};
  site.config.account.service_rules = {{{}, {domain_sid(1203).text()}, {}}};
  const Resolved resolved = site.resolved();
  expect_problems(resolved, {});
  ck_assert((members(resolved, "outer") == std::vector<std::string>{"hanako"}));
  ck_assert(has_group(resolved, "Domain Users") && has_group(resolved, "ruled"));
  ck_assert(!has_group(resolved, "inner") && !has_group(resolved, "other"));
}
END_TEST

void collect(const Directory& directory, std::uint32_t group, std::set<std::uint32_t>& seen,
             std::set<std::uint32_t>& users) {
  if (!seen.insert(group).second) return;
  for (const std::string& member : directory.groups[group].members) {
    const std::string number = member.substr(4, member.find(',') - 4);
    if (member[3] == 'u') users.insert(static_cast<std::uint32_t>(std::stoul(number)));
    if (member[3] == 'g') collect(directory, static_cast<std::uint32_t>(std::stoul(number)), seen, users);
  }
}

START_TEST(flattening_agrees_with_plain_recursion) {
  std::mt19937 engine(7);
  const auto random = [&engine] { return static_cast<std::uint32_t>(engine()); };
  for (int round = 0; round < 200; ++round) {
    Directory directory;
    const std::uint32_t user_count = 1 + random() % 20;
    const std::uint32_t group_count = 1 + random() % 15;
    for (std::uint32_t i = 0; i < user_count; ++i)
      directory.users.push_back(user("u" + std::to_string(i), 2000 + i));
    for (std::uint32_t i = 0; i < group_count; ++i) {
      std::vector<std::string> names;
      for (std::uint32_t n = random() % 4; n > 0; --n)
        names.push_back(dn_of("u" + std::to_string(random() % user_count)));
      for (std::uint32_t n = random() % 3; n > 0; --n)
        names.push_back(dn_of("g" + std::to_string(random() % group_count)));
      directory.groups.push_back(group("g" + std::to_string(i), 1200 + i, names));
    }
    const Memberships memberships = flatten(directory);
    for (std::uint32_t i = 0; i < group_count; ++i) {
      std::set<std::uint32_t> seen;
      std::set<std::uint32_t> users;
      collect(directory, i, seen, users);
      ck_assert_msg((memberships.users[i] == Members(users.begin(), users.end())), "round %d group %u", round,
                    i);
    }
  }
}
END_TEST

// Without a SID there is no domain whose primary group it could be in.
START_TEST(a_user_without_a_sid_hides_no_other) {
  Directory directory;
  directory.groups.push_back(group("Domain Users", 513, {dn_of("taro")}));
  directory.users = {user("taro", 1107), user("hanako", 1108)};
  directory.users[0].sid = {};
  ck_assert((flatten(directory).users[0] == Members{0, 1}));
  directory.groups[0].members.clear();
  ck_assert((flatten(directory).users[0] == Members{1}));
}
END_TEST

START_TEST(deep_nesting) {
  Directory directory;
  directory.users.push_back(user("taro", 1107));
  constexpr std::uint32_t kDepth = 50000;
  for (std::uint32_t i = 0; i < kDepth; ++i)
    directory.groups.push_back(group("g" + std::to_string(i), 10000 + i,
                                     {i + 1 < kDepth ? dn_of("g" + std::to_string(i + 1)) : dn_of("taro")}));
  const Memberships memberships = flatten(directory);
  ck_assert(memberships.users[0] == Members{0});
  ck_assert(memberships.cycles.empty());
}
END_TEST

// --- certificates ---------------------------------------------------------------------------------------
START_TEST(bindings) {
  Site site;
  site.directory.users[0].alt_security_identities = {"X509:<SKI>ABCD", "X509:<SKI>abcd", "Kerberos:x@y",
                                                     "X509:<I>C=JP,O=T<SR>0302018F"};
  const Resolved resolved = site.resolved();
  expect_problems(resolved, {});
  ck_assert_uint_eq(resolved.contents.bindings.size(), 2);
  for (const auto& binding : resolved.contents.bindings)
    expect_text(resolved.contents.users.at(binding.user).name, "taro");
  expect_text(resolved.contents.bindings[0].mapping, "X509:<I>c=JP,o=T<SR>0302018f");
  expect_text(resolved.contents.bindings[1].mapping, "X509:<SKI>abcd");
}
END_TEST

START_TEST(values_that_bind_nothing) {
  Site site;
  site.directory.users[0].alt_security_identities = {"X509:<S>CN=Taro", "X509:<SKI>xyz", "X509:<RFC822>t@x"};
  const Resolved strict = site.resolved();
  expect_problems(
      strict, {ObjectProblem::kMappingWeak, ObjectProblem::kMappingWeak, ObjectProblem::kMappingMalformed});
  ck_assert(strict.contents.bindings.empty());
  for (const auto& line : strict.report.lines)
    ck_assert_msg(line.text.find("Taro") == std::string::npos && line.text.find("xyz") == std::string::npos,
                  "%s", line.text.c_str());
  site.config.certificates.weak_forms = {mapping::WeakForm::kSubject};
  const Resolved weak = site.resolved();
  ck_assert_uint_eq(weak.contents.bindings.size(), 1);
  expect_text(weak.contents.bindings[0].mapping, "X509:<S>cn=Taro");
}
END_TEST

START_TEST(one_certificate_of_two_accounts) {
  Site site;
  site.directory.users[0].alt_security_identities = {"X509:<SKI>ab"};
  site.directory.users[1].alt_security_identities = {"X509:<SKI>AB"};
  const Resolved both = site.resolved();
  expect_problems(both, {ObjectProblem::kMappingAmbiguous}, "taro, hanako");
  ck_assert_uint_eq(both.contents.bindings.size(), 2);
  site.directory.users[1].name = "a:b";  // left out: its certificate does not become taro's
  const Resolved one = site.resolved();
  expect_problems(one, {ObjectProblem::kNameUnusable, ObjectProblem::kMappingAmbiguous});
  ck_assert(one.contents.bindings.empty());
  site.directory.users[0].alt_security_identities.push_back("X509:<SKI>cd");
  const Resolved other = site.resolved();  // taro's own is as before
  ck_assert(other.contents.bindings.size() == 1 && other.contents.bindings[0].mapping == "X509:<SKI>cd");
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("nss_ad/resolve");
  TCase* tests = tcase_create("resolve");
  tcase_add_test(tests, a_small_site);
  tcase_add_test(tests, templates);
  tcase_add_test(tests, fields_that_no_passwd_entry_can_hold);
  tcase_add_test(tests, one_name_twice);
  tcase_add_test(tests, an_id_never_changes_silently);
  tcase_add_test(tests, one_id_for_two);
  tcase_add_test(tests, an_id_is_not_handed_on_while_its_owner_is_there);
  tcase_add_test(tests, rfc2307_numbers);
  tcase_add_test(tests, a_sid_twice);
  tcase_add_test(tests, built_in_groups_have_no_ids_and_need_no_word);
  tcase_add_test(tests, a_primary_group_that_is_not_in_sight);
  tcase_add_test(tests, a_number_of_another_scheme_means_nothing);
  tcase_add_test(tests, a_domain_that_contradicts);
  tcase_add_test(tests, nested_groups_and_circles);
  tcase_add_test(tests, a_group_that_is_refused_hides_no_other);
  tcase_add_test(tests, only_groups_that_matter);
  tcase_add_test(tests, flattening_agrees_with_plain_recursion);
  tcase_add_test(tests, a_user_without_a_sid_hides_no_other);
  tcase_add_test(tests, deep_nesting);
  tcase_add_test(tests, bindings);
  tcase_add_test(tests, values_that_bind_nothing);
  tcase_add_test(tests, one_certificate_of_two_accounts);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
