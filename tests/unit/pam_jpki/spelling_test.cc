// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PAM_USER in another spelling: a name service finds an account in any case, and the card's account has its
// own name. This machine's "hanako" and the directory's are two persons; the directory finds its own as
// "HANAKO".
#include "base/verdict.h"
#include "tests/unit/pam_jpki/host.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <pwd.h>

namespace {

struct Entry {
  std::string_view spelling;
  std::string_view name;
  uid_t uid;
};

constexpr std::array<Entry, 4> kPasswd = {{{"taro", "taro", 50001},
                                           {"Taro", "taro", 50001},
                                           {"hanako", "hanako", 1000},
                                           {"HANAKO", "hanako", 50002}}};

}  // namespace

// libpam and libc ask this one.
#pragma GCC visibility push(default)
extern "C" int getpwnam_r(const char* name, passwd* entry, char* buffer, std::size_t size, passwd** found) {
  *found = nullptr;
  for (const Entry& known : kPasswd) {
    if (known.spelling != name || known.name.size() >= size) continue;
    *entry = {};
    *std::ranges::copy(known.name, buffer).out = '\0';
    entry->pw_name = buffer;
    entry->pw_passwd = entry->pw_gecos = entry->pw_dir = entry->pw_shell = buffer + known.name.size();
    entry->pw_uid = known.uid;
    *found = entry;
  }
  return 0;
}
#pragma GCC visibility pop

namespace {

using namespace jpki::pam::test;

std::string login_of(const std::string& account) {
  return "step 5\nask " + account + " 4 4 1 3 3\nverify 1234 2\noutcome 0 " + account + "\n";
}

std::string unlock_of(const std::string& account) {
  return "step 5\noutcome 0 " + account + "\n";
}

START_TEST(another_spelling_is_the_same_account) {
  Host host;
  host.answers = {"1234", "1234"};
  host.use("");
  host.script(login_of("taro"));
  for (const char* spelling : {"taro", "Taro"}) ck_assert_int_eq(host.authenticate(spelling), PAM_SUCCESS);
  ck_assert_int_eq(host.record_count("start service=jpki-test user=taro "), 2);
  host.write_service("auth " + host.entry("presence") + "auth required pam_permit.so\n");
  host.script(unlock_of("taro"));
  for (const char* spelling : {"taro", "Taro"}) ck_assert_int_eq(host.authenticate(spelling), PAM_SUCCESS);
}
END_TEST

START_TEST(a_name_that_leads_to_another_account_stays_as_it_was_written) {
  Host host;
  host.answers = {"1234", "1234"};
  host.use("");
  host.script(login_of("hanako"));
  ck_assert_int_eq(host.authenticate("hanako"), PAM_SUCCESS);
  ck_assert_int_eq(host.authenticate("HANAKO"), PAM_AUTH_ERR);
  ck_assert(host.heard("[JPKI-503]"));
  ck_assert_int_eq(host.record_count("start service=jpki-test user=HANAKO "), 1);
  host.write_service("auth " + host.entry("presence") + "auth required pam_permit.so\n");
  host.script(unlock_of("hanako"));
  ck_assert_int_eq(host.authenticate("hanako"), PAM_SUCCESS);
  ck_assert_int_ne(host.authenticate("HANAKO"), PAM_SUCCESS);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam spelling");
  TCase* tests = tcase_create("pam spelling");
  tcase_add_test(tests, another_spelling_is_the_same_account);
  tcase_add_test(tests, a_name_that_leads_to_another_account_stays_as_it_was_written);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
