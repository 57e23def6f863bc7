// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/privileged_groups.h"

#include "base/program/ordinary_account.h"
#include "tests/unit/support/check_main.h"

#include <algorithm>
#include <set>

namespace {

using namespace jpki;

START_TEST(groups_that_are_as_good_as_root) {
  for (const char* const name :
       {"root",   "wheel", "sudo",        "admin",    "adm",     "docker",      "podman",
        "lxd",    "incus", "incus-admin", "microk8s", "libvirt", "disk",        "kmem",
        "shadow", "input", "staff",       "src",      "_jpki",   "_jpki-guard", "Sudo"})
    ck_assert_msg(is_privileged_group(name), "%s", name);
  for (const char* const name : {"domain admins", "Domain Admins", "CITY\\Domain Admins",
                                 "domain admins@city.example", "Administrators", "CITY\\Enterprise Admins",
                                 "schema admins", "Account Operators", "backup operators@a@b"})
    ck_assert_msg(is_privileged_group(name), "%s", name);
}
END_TEST

START_TEST(groups_of_ordinary_people) {
  for (const char* const name : {"", "users", "plugdev", "audio", "video", "lpadmin", "netdev", "scanner",
                                 "taro", "disks", "sudo2", "domain users", "CITY\\Domain Users",
                                 "sudo@city.example", "CITY\\docker", "@domain admins", "総務課"})
    ck_assert_msg(!is_privileged_group(name), "%s", name);
}
END_TEST

START_TEST(each_name_stands_once_in_lower_case) {
  std::set<std::string_view> seen;
  for (const std::string_view name : privileged_groups()) {
    ck_assert(seen.insert(name).second);
    ck_assert(std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; }));
  }
}
END_TEST

// Memberships: tests/integration/test_succession.py.
START_TEST(whose_accounts_are_ordinary) {
  ck_assert(!is_ordinary_account("root"));
  ck_assert(!is_ordinary_account("daemon"));
  ck_assert(!is_ordinary_account("nobody-of-this-name"));
  ck_assert(!is_ordinary_account(""));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("base, privileged groups");
  TCase* tests = tcase_create("privileged groups");
  tcase_add_test(tests, groups_that_are_as_good_as_root);
  tcase_add_test(tests, groups_of_ordinary_people);
  tcase_add_test(tests, each_name_stands_once_in_lower_case);
  tcase_add_test(tests, whose_accounts_are_ordinary);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
