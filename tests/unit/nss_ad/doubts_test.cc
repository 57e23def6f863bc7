// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a list of changed objects does not tell.
#include "nss_ad/ldap/doubts.h"

#include "tests/unit/nss_ad/directory_fixture.h"

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::ad::ldap;
using namespace jpki::test;

Directory known() {
  Directory directory{"AD.TEST", "ADT", sid_number(0).domain(), {}, {}};
  directory.users = {user_number(1, "CN=A"), user_number(2, "CN=B")};
  directory.users[0].uid_number = 5001;
  directory.users[0].alt_security_identities = {"X509:<SKI>AA01", "Kerberos:a@AD.TEST"};
  directory.groups = {group_number(11, "CN=G", {"CN=A"})};
  directory.groups[0].gid_number = 6001;
  return directory;
}

struct Changed {
  Found found;
  User& user = found.users.emplace_back(user_number(3, "CN=C"));
  Group& group = found.groups.emplace_back(group_number(12, "CN=H", {}));
  std::set<Guid> rivals() const { return rivals_of(known(), {guid_number(3), guid_number(12)}, found); }
};

const std::set<Guid> kUser{guid_number(1)};
const std::set<Guid> kGroup{guid_number(11)};

START_TEST(who_shares_nothing_is_no_rival) {
  Changed changed;
  changed.user.gid_number = changed.group.gid_number = 7000;
  changed.user.uid_number = 6001;  // a group's number is no user's
  changed.user.name = "group11";
  changed.user.alt_security_identities = {"X509:<SKI>aa02", "Kerberos:a@AD.TEST"};
  ck_assert(changed.rivals().empty());
  ck_assert(rivals_of(known(), {}, {}).empty());
}
END_TEST

START_TEST(rivals_of_a_user) {
  Changed name;
  name.user.name = "USER1";
  ck_assert(name.rivals() == kUser);
  Changed dn;
  dn.user.dn = "cn=a";
  ck_assert(dn.rivals() == kUser);
  Changed id;
  id.user.uid_number = 5001;
  ck_assert(id.rivals() == kUser);
  Changed mapping;
  mapping.user.alt_security_identities = {"X509:<SKI>aa01"};
  ck_assert(mapping.rivals() == kUser);
}
END_TEST

START_TEST(rivals_of_a_group) {
  Changed name;
  name.group.name = "Group11";
  ck_assert(name.rivals() == kGroup);
  Changed dn;
  dn.group.dn = "CN=A";
  ck_assert(dn.rivals() == kUser);
  Changed id;
  id.group.gid_number = 6001;
  ck_assert(id.rivals() == kGroup);
}
END_TEST

START_TEST(who_was_touched_is_known_as_it_is_now) {
  Found found;
  found.users = {user_number(1, "CN=A")};
  ck_assert(rivals_of(known(), kUser, found).empty());
}
END_TEST

START_TEST(who_came_in_was_there_before) {
  Changed changed;
  const auto came = [&](std::uint64_t user, std::uint64_t group) {
    changed.found.created = {{guid_number(3), user}, {guid_number(12), group}};
    return came_in(known(), changed.found, 100);
  };
  ck_assert(!came(101, 101));
  ck_assert(came(100, 101));
  ck_assert(came(101, 100));
  changed.found.created.erase(guid_number(12));  // cannot be told
  ck_assert(came_in(known(), changed.found, 100));
  Found old;
  old.users = {user_number(1, "CN=A")};
  old.groups = {group_number(11, "CN=G", {})};
  old.created = {{guid_number(1), 1}, {guid_number(11), 1}};
  ck_assert(!came_in(known(), old, 100));
}
END_TEST

START_TEST(groups_and_their_members_agree) {
  const Directory directory = known();
  ck_assert(agree(directory, {}));
  ck_assert(agree(directory, {{"cn=a", "cn=g"}}));
  ck_assert(agree(directory, {{"CN=A", "CN=Elsewhere"}}));
  ck_assert(!agree(directory, {{"CN=B", "CN=G"}}));
  ck_assert(!agree(directory, {{"CN=A", "CN=G"}, {"CN=B", "CN=G"}}));
  Directory hidden = known();
  hidden.groups[0].members.clear();
  ck_assert(agree(hidden, {{"CN=A", "CN=G"}}));
}
END_TEST

START_TEST(namesakes) {
  Directory directory = known();
  ck_assert(!has_namesakes(directory));
  directory.groups[0].dn = "cn=b";
  ck_assert(has_namesakes(directory));
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("ad doubts");
  TCase* cases = tcase_create("doubts");
  tcase_add_test(cases, who_shares_nothing_is_no_rival);
  tcase_add_test(cases, rivals_of_a_user);
  tcase_add_test(cases, rivals_of_a_group);
  tcase_add_test(cases, who_was_touched_is_known_as_it_is_now);
  tcase_add_test(cases, who_came_in_was_there_before);
  tcase_add_test(cases, groups_and_their_members_agree);
  tcase_add_test(cases, namesakes);
  suite_add_tcase(s, cases);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
