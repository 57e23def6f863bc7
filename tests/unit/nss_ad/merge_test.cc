// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/merge.h"

#include "tests/unit/nss_ad/directory_fixture.h"

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::ad::ldap;
using namespace jpki::test;

Directory before() {
  Directory directory{"AD.TEST", "ADT", sid_number(0).domain(), {}, {}};
  directory.users = {user_number(1, "CN=A"), user_number(2, "CN=B")};
  directory.groups = {group_number(11, "CN=G", {"CN=A", "CN=H"}), group_number(12, "CN=H", {"CN=A", "CN=B"})};
  return directory;
}

struct Fixture {
  Directory directory = before();
  std::map<Guid, std::string> malformed;
  void merge(const std::set<Guid>& touched, Found found) {
    ldap::merge(directory, malformed, touched, std::move(found));
  }
};

START_TEST(nothing_touched_is_nothing_changed) {
  Fixture f;
  f.merge({}, {});
  ck_assert(f.directory.users == before().users && f.directory.groups == before().groups);
}
END_TEST

START_TEST(a_touched_object_is_what_was_found) {
  Fixture f;
  Found found;
  found.users = {user_number(2, "CN=B"), user_number(3, "CN=C")};
  found.users[0].state.user_account_control = 0x202;
  f.merge({guid_number(2), guid_number(3)}, found);
  ck_assert_uint_eq(f.directory.users.size(), 3);
  ck_assert_uint_eq(f.directory.users[1].state.user_account_control, 0x202);
  ck_assert(f.directory.users[2].dn == "CN=C");
  ck_assert(f.directory.groups == before().groups);
}
END_TEST

START_TEST(a_touched_object_that_was_not_found_is_gone) {
  Fixture f;
  f.merge({guid_number(1), guid_number(12)}, {});
  ck_assert_uint_eq(f.directory.users.size(), 1);
  ck_assert_uint_eq(f.directory.groups.size(), 1);
  ck_assert(f.directory.users[0].guid == guid_number(2));
}
END_TEST

START_TEST(groups_follow_a_renamed_member) {
  Fixture f;
  Found found;
  found.users = {user_number(1, "CN=A2")};
  found.groups = {group_number(12, "CN=H2", {"CN=A2", "CN=B"})};
  f.merge({guid_number(1), guid_number(12)}, found);
  const std::vector<std::string> members{"CN=A2", "CN=H2"};
  ck_assert(f.directory.groups[0].members == members);
  ck_assert(f.directory.groups[1].dn == "CN=H2");
}
END_TEST

// What was deleted leaves its name in groups that nobody touched, and a new account may get that name.
START_TEST(a_new_account_is_in_none_of_the_groups_of_a_dead_namesake) {
  Fixture f;
  Found found;
  found.users = {user_number(3, "cn=a"), user_number(4, "CN=Unseen")};
  found.groups = {group_number(12, "CN=H", {"cn=a", "CN=B"})};
  f.directory.groups[0].members.push_back("CN=Unseen");  // of somebody who was in no base
  f.merge({guid_number(1), guid_number(3), guid_number(4), guid_number(12)}, found);
  const std::vector<std::string> members{"CN=H"};
  ck_assert(f.directory.groups[0].members == members);
  ck_assert_uint_eq(f.directory.groups[1].members.size(), 2);
}
END_TEST

// B goes, A is called B now; and a new one is called A.
START_TEST(a_name_may_pass_on) {
  Fixture f;
  Found found;
  found.users = {user_number(3, "CN=A"), user_number(1, "CN=B")};
  f.merge({guid_number(1), guid_number(2), guid_number(3)}, found);
  const std::vector<std::string> members{"CN=B"};
  ck_assert(f.directory.groups[1].members == members);
}
END_TEST

START_TEST(what_is_found_may_tell_its_history) {
  Found found;
  Entry entry;
  entry.dn = "CN=G";
  entry.attributes["objectclass"] = {"top", "group"};
  entry.attributes["objectguid"] = {std::string(16, 'g')};
  entry.attributes["samaccountname"] = {"g"};
  const Blob sid = sid_number(7).encode();
  entry.attributes["objectsid"] = {std::string(as_text(sid))};
  found.add(entry);
  ck_assert(found.created.empty() && found.memberships.empty());
  entry.attributes["usncreated"] = {"4711"};
  entry.attributes["memberof"] = {"CN=H", "CN=I"};
  Found other;
  other.add(entry);
  found.add(std::move(other));
  ck_assert_uint_eq(found.groups.size(), 2);
  ck_assert_uint_eq(found.created.at(found.groups[0].guid), 4711);
  ck_assert_uint_eq(found.memberships.size(), 2);
  ck_assert(found.memberships[1].member == "CN=G" && found.memberships[1].group == "CN=I");
  Found odd;
  entry.attributes["usncreated"] = {"-1"};
  odd.add(entry);
  ck_assert(odd.created.empty());
}
END_TEST

// A and B exchange their names; the group was not touched.
START_TEST(names_may_be_exchanged) {
  Fixture f;
  Found found;
  found.users = {user_number(1, "CN=B"), user_number(2, "CN=A")};
  f.directory.groups[1].members = {"CN=A"};
  f.merge({guid_number(1), guid_number(2)}, found);
  ck_assert_uint_eq(f.directory.groups[1].members.size(), 1);
  ck_assert(f.directory.groups[1].members[0] == "CN=B");
}
END_TEST

START_TEST(malformed_objects_are_remembered_until_they_are_good) {
  Fixture f;
  Found found;
  found.malformed[guid_number(1)] = "no objectSid";
  f.merge({guid_number(1)}, found);
  ck_assert_uint_eq(f.directory.users.size(), 1);
  ck_assert_uint_eq(f.malformed.size(), 1);
  f.merge({guid_number(2)}, {});
  ck_assert_uint_eq(f.malformed.size(), 1);
  Found good;
  good.users = {user_number(1, "CN=A")};
  f.merge({guid_number(1)}, good);
  ck_assert(f.malformed.empty());
}
END_TEST

START_TEST(entries_are_sorted_out) {
  Found found;
  Entry entry;
  entry.dn = "CN=X";
  entry.attributes["objectclass"] = {"top", "person", "organizationalPerson", "user"};
  entry.attributes["objectguid"] = {std::string(16, 'g')};
  entry.attributes["samaccountname"] = {"x"};
  entry.attributes["useraccountcontrol"] = {"512"};
  entry.attributes["primarygroupid"] = {"513"};
  found.add(entry);  // no objectSid
  ck_assert(found.users.empty());
  ck_assert_uint_eq(found.malformed.size(), 1);
  const Blob sid = sid_number(7).encode();
  entry.attributes["objectsid"] = {std::string(as_text(sid))};
  found.add(entry);
  ck_assert_uint_eq(found.users.size(), 1);
  entry.attributes["objectclass"] = {"top", "contact"};
  found.add(entry);
  ck_assert_uint_eq(found.users.size(), 1);
  ck_assert_uint_eq(found.malformed.size(), 1);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("ad merge");
  TCase* cases = tcase_create("merge");
  tcase_add_test(cases, nothing_touched_is_nothing_changed);
  tcase_add_test(cases, a_touched_object_is_what_was_found);
  tcase_add_test(cases, a_touched_object_that_was_not_found_is_gone);
  tcase_add_test(cases, groups_follow_a_renamed_member);
  tcase_add_test(cases, a_new_account_is_in_none_of_the_groups_of_a_dead_namesake);
  tcase_add_test(cases, a_name_may_pass_on);
  tcase_add_test(cases, what_is_found_may_tell_its_history);
  tcase_add_test(cases, names_may_be_exchanged);
  tcase_add_test(cases, malformed_objects_are_remembered_until_they_are_good);
  tcase_add_test(cases, entries_are_sorted_out);
  suite_add_tcase(s, cases);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
