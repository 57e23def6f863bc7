// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/ticket_cache.h"

#include "tests/unit/support/check_main.h"
#include "tests/unit/support/privilege.h"

#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace jpki;
using std::filesystem::perms;

constexpr auto kPrivate = perms(0600);

struct Shared {
  test::TemporaryDirectory directory;

  explicit Shared(mode_t mode = 01777) { ck_assert_int_eq(::chmod(directory.path().c_str(), mode), 0); }
  bool opens(const std::string& name) const {
    const auto file = ad::ldap::open_ticket_cache(directory.path(name), ::geteuid());
    ck_assert(file || !file.error().text.empty());
    return file.has_value();
  }
};

START_TEST(where_kinit_leaves_it) {
  const Shared tmp;
  tmp.directory.write("krb5cc_0", "x", kPrivate);
  ck_assert(tmp.opens("krb5cc_0"));
  const Shared own(0700);
  own.directory.write("krb5cc_0", "x", kPrivate);
  ck_assert(own.opens("krb5cc_0"));
}
END_TEST

START_TEST(what_others_could_have_put_there) {
  const Shared tmp;
  ck_assert(!tmp.opens("missing"));
  for (const int mode : {0640, 0604, 0620, 0602, 0610})
    ck_assert_msg(!tmp.opens(std::filesystem::path(tmp.directory.write("open", "x", perms(mode))).filename()),
                  "%o", mode);
  tmp.directory.write("target", "x", kPrivate);
  std::filesystem::create_symlink("target", tmp.directory.path("link"));
  ck_assert(!tmp.opens("link"));
  std::filesystem::create_hard_link(tmp.directory.path("target"), tmp.directory.path("other"));
  ck_assert(!tmp.opens("target"));
  ck_assert_int_eq(::mkfifo(tmp.directory.path("pipe").c_str(), 0600), 0);
  ck_assert(!tmp.opens("pipe"));
}
END_TEST

START_TEST(a_directory_in_which_others_can_replace_it) {
  const Shared tmp(0777);
  tmp.directory.write("krb5cc_0", "x", kPrivate);
  ck_assert(!tmp.opens("krb5cc_0"));
}
END_TEST

START_TEST(somebody_elses) {
  const Shared tmp;
  const std::string file = tmp.directory.write("krb5cc_1", "x", kPrivate);
  ck_assert_int_eq(::chown(file.c_str(), 1, 1), 0);
  ck_assert(!tmp.opens("krb5cc_1"));
  ck_assert(ad::ldap::open_ticket_cache(file, 1).has_value());
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("nss_ad/ldap, ticket cache");
  TCase* tests = tcase_create("ticket cache");
  tcase_add_test(tests, where_kinit_leaves_it);
  tcase_add_test(tests, what_others_could_have_put_there);
  tcase_add_test(tests, a_directory_in_which_others_can_replace_it);
  if (jpki::test::can_give_files_to(1)) tcase_add_test(tests, somebody_elses);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
