// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What libnss_ad answers libc: structures, statuses, errno, buffers of any size.
#include "base/mapping/mapping_text.h"
#include "nss_ad/module/mapping_spelling.h"
#include "nss_ad/module/records.h"
#include "tests/unit/nss_ad/module_site.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::ad::snapshot;
using namespace jpki::ad::snapshot::test;

const std::string kYamada =
    "Yamada.Taro:x:770801107:770800513:Full name of Yamada.Taro:/home/Yamada.Taro:/bin/bash";

START_TEST(users_are_answered) {
  const Site site(small_site());
  ck_assert(user_line("Yamada.Taro") == kYamada);
  ck_assert(user_line("YAMADA.TARO") == kYamada);
  ck_assert(uid_line(770801107) == kYamada);
  ck_assert(user_line("z") == "z:x:770801108:770800513::/home/z:/bin/bash");
  ck_assert(user_line("nobody") == "notfound 2");
  ck_assert(user_line("") == "notfound 2");
  ck_assert(uid_line(0) == "notfound 2");
  ck_assert(uid_line(1) == "notfound 2");
}
END_TEST

START_TEST(groups_are_answered) {
  const Site site(small_site());
  ck_assert(group_line("係長") == "係長:x:770801900:Yamada.Taro,山田花子");
  ck_assert(gid_line(770801900) == group_line("係長"));
  ck_assert(group_line("EMPTY") == "empty:x:770802000:");
  ck_assert(group_line("z") == "notfound 2");
  ck_assert(gid_line(0) == "notfound 2");
}
END_TEST

START_TEST(memberships_are_answered) {
  const Site site(small_site());
  ck_assert(groups_line("yamada.taro", 770800513) == "770801900 ");
  ck_assert(groups_line("yamada.taro", 1) == "770800513 770801900 ");
  ck_assert(groups_line("yamada.taro", 1, 7, 5) == "770800513 770801900 ");
  ck_assert(groups_line("yamada.taro", 1, 5, 5) == "770800513 770801900 ");
  ck_assert(groups_line("yamada.taro", 1, 5, 5, 6) == "770800513 ");
  ck_assert(groups_line("yamada.taro", 1, 5, 5, 5) == "");
  ck_assert(groups_line("z", 770800513) == "");
  ck_assert(groups_line("nobody", 1) == "notfound 2");
}
END_TEST

// Every size from 0 on: TRYAGAIN and ERANGE, nothing written behind it, until it is enough; then errno stays.
template <class Entry, class Call>
void try_all_sizes(std::size_t offset, const std::string& line, Call call) {
  alignas(16) char buffer[4096];
  for (std::size_t size = 0;; ++size) {
    std::memset(buffer, 0x5A, sizeof buffer);
    Entry entry{};
    int error = 4711;
    errno = 4712;
    const nss_status status = call(&entry, buffer + offset, size, &error);
    ck_assert_int_eq(errno, 4712);
    ck_assert(std::all_of(buffer + offset + size, std::end(buffer), [](char c) { return c == 0x5A; }));
    if (status == NSS_STATUS_SUCCESS) {
      ck_assert_int_eq(error, 4711);
      ck_assert(line_of(entry) == line);
      return;
    }
    ck_assert_int_eq(status, NSS_STATUS_TRYAGAIN);
    ck_assert_int_eq(error, ERANGE);
    ck_assert_uint_lt(size, 1000);
  }
}

START_TEST(any_buffer_will_do) {
  const Site site(small_site());
  const auto offset = static_cast<std::size_t>(_i);
  try_all_sizes<struct passwd>(offset, kYamada,
                               [](auto... rest) { return _nss_ad_getpwnam_r("yamada.taro", rest...); });
  try_all_sizes<struct passwd>(offset, kYamada,
                               [](auto... rest) { return _nss_ad_getpwuid_r(770801107, rest...); });
  const std::string group = "係長:x:770801900:Yamada.Taro,山田花子";
  try_all_sizes<struct group>(offset, group,
                              [](auto... rest) { return _nss_ad_getgrnam_r("係長", rest...); });
  try_all_sizes<struct group>(
      offset, "empty:x:770802000:", [](auto... rest) { return _nss_ad_getgrgid_r(770802000, rest...); });
  try_all_sizes<struct spwd>(offset, "z:!*:-1:-1:1",
                             [](auto... rest) { return _nss_ad_getspnam_r("z", rest...); });
  const std::string mapping = small_site().bindings[0].mapping;
  try_all_sizes<struct passwd>(offset, kYamada,
                               [&](auto... rest) { return _nss_ad_getpwnam_r(mapping.c_str(), rest...); });
}
END_TEST

START_TEST(pointers_are_aligned_and_inside) {
  const Site site(small_site());
  alignas(16) char buffer[512];
  struct group entry {};
  int error = 0;
  char* const start = buffer + _i;
  ck_assert_int_eq(_nss_ad_getgrnam_r("domain users", &entry, start, sizeof buffer - 8, &error),
                   NSS_STATUS_SUCCESS);
  ck_assert_uint_eq(reinterpret_cast<std::uintptr_t>(entry.gr_mem) % alignof(char*), 0);
  ck_assert(reinterpret_cast<char*>(entry.gr_mem) >= start);
  for (char** member = entry.gr_mem; *member != nullptr; ++member)
    ck_assert(*member > start && *member < start + sizeof buffer);
}
END_TEST

START_TEST(a_group_of_thousands_is_answered) {
  Contents contents = large_site(20000);
  contents.groups.clear();
  std::vector<std::uint32_t> all(contents.users.size());
  for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
  contents.groups = {snapshot::test::group("everybody", 770800513, all)};
  const Site site(contents);
  int error = 0;
  struct group entry {};
  std::vector<char> buffer;
  nss_status status = NSS_STATUS_TRYAGAIN;
  while (status == NSS_STATUS_TRYAGAIN) {
    status = _nss_ad_getgrnam_r("Everybody", &entry, buffer.data(), buffer.size(), &error);
    if (status == NSS_STATUS_TRYAGAIN) {
      ck_assert_int_eq(error, ERANGE);
      buffer.resize(2 * buffer.size() + 1);
    }
  }
  ck_assert_int_eq(status, NSS_STATUS_SUCCESS);
  std::set<std::string> names;
  for (char** member = entry.gr_mem; *member != nullptr; ++member) names.insert(*member);
  ck_assert_uint_eq(names.size(), 20000);
  ck_assert(names.contains("user19999"));
}
END_TEST

constexpr FileTime kSecond = 10'000'000;
constexpr FileTime kTo1970 = 11'644'473'600 * kSecond;
constexpr std::int64_t kDay = 86'400;

// What pam_unix compares: today's number with the day of expiry.
const struct {
  std::uint32_t control;
  FileTime expires;
  FileTime lockout;
  std::int64_t now;
  const char* password;
  bool expired;
} kStates[] = {
    {0x200, 0, 0, 20000 * kDay, "*", false},
    {0x200, INT64_MAX, 0, 20000 * kDay, "*", false},
    {0x202, INT64_MAX, 0, 20000 * kDay, "!*", true},
    {0x200, 0, 133'000'000'000'000'000, 20000 * kDay, "!*", false},
    {0x200, kTo1970 + (20000 * kDay + 54000) * kSecond, 0, 20000 * kDay + 53999, "*", false},
    {0x200, kTo1970 + (20000 * kDay + 54000) * kSecond, 0, 20000 * kDay + 54000, "*", true},
    {0x200, kTo1970 + (20000 * kDay + 54000) * kSecond, 0, 20001 * kDay, "*", true},
    {0x200, kTo1970 + (20000 * kDay + 54000) * kSecond, 0, 19999 * kDay, "*", false},
    {0x200, kTo1970 + 20000 * kDay* kSecond, 0, 20000 * kDay - 1, "*", false},
    {0x200, kTo1970 + 20000 * kDay* kSecond, 0, 20000 * kDay, "*", true},
    {0x200, 1, 0, 20000 * kDay, "*", true},
    {0x200, -1, 0, 20000 * kDay, "*", true},
    {0x200, kTo1970, 0, 20000 * kDay, "*", true},
};

START_TEST(the_expiry_day_is_right_to_the_second) {
  const auto& state = kStates[_i];
  AccountFields account{};
  account.user_account_control = state.control;
  account.account_expires = state.expires;
  account.lockout_time = state.lockout;
  account.name = {"z", 1};
  char buffer[64];
  struct spwd entry {};
  ck_assert_int_eq(module::fill(account, state.now, {buffer, sizeof buffer}, &entry).status,
                   NSS_STATUS_SUCCESS);
  ck_assert_str_eq(entry.sp_pwdp, state.password);
  const bool expired = entry.sp_expire != -1 && state.now / kDay >= entry.sp_expire;
  ck_assert_int_eq(expired, state.expired);
  ck_assert_int_ne(entry.sp_expire, 0);
}
END_TEST

START_TEST(a_certificate_names_its_one_account) {
  const Site site(small_site());
  ck_assert(user_line("X509:<SKI>93f19e5b1cbeeb18fc3b8e77cefa1ad6daa7a367") == kYamada);
  ck_assert(user_line("X509:<SKI>93F19E5B1CBEEB18FC3B8E77CEFA1AD6DAA7A367") == kYamada);
  ck_assert(user_line("X509:<I>C=JP,O=JPKI-TEST<SR>1200000000AC1100").starts_with("山田花子:"));
  ck_assert(user_line("X509:<I>C=JP,O=jpki-test<SR>1200000000AC1100") == "notfound 2");
  ck_assert(user_line("X509:<SKI>11") == "notfound 2");  // two accounts
  ck_assert(user_line("X509:<SKI>22") == "notfound 2");
  ck_assert(user_line("X509:") == "notfound 2");
  ck_assert(user_line("X509:<I><SR>") == "notfound 2");
  ck_assert(user_line("X509:" + std::string(100000, 'a')) == "notfound 2");
}
END_TEST

START_TEST(files_of_two_times_name_nobody) {
  Contents contents = small_site();
  Site site(contents);
  contents.users[0].sid = sid_with(4711);
  contents.users[2].name = "Sato";
  const Blob users = *lay_out_users(contents);
  ck_assert(replace_snapshot(site.path("users.snap"), users, 0644, ::getegid()).has_value());
  ck_assert(user_line(contents.bindings[0].mapping) == "notfound 2");
  ck_assert(user_line(contents.bindings[2].mapping) == "notfound 2");
  ck_assert(user_line("Sato").starts_with("Sato:"));
}
END_TEST

START_TEST(spellings_of_mappings_are_the_validators) {
  const std::string mappings[] = {
      "X509:<I>C=JP,O=JPKI-TEST,OU=JPKI for user authentication,CN=Test CA<SR>1200000000AC11000000002B",
      "X509:<I>c=JP,O=A\\,B=C+OU=X,CN=Y\\+Z=W<SR>AB",
      "X509:<I>CN=<SR>AA,CN=B<SR>CD",
      "X509:<SKI>93F19E5B1CBEEB18FC3B8E77CEFA1AD6DAA7A367",
      "X509:<SHA1-PUKEY>93F19E5B1CBEEB18FC3B8E77CEFA1AD6DAA7A367",
  };
  for (std::string mapping : mappings) {
    const auto expected = mapping::canonical_mapping(mapping);
    ck_assert_msg(expected.has_value(), "%s", mapping.c_str());
    module::make_canonical(mapping.data(), mapping.size());
    ck_assert_msg(mapping == *expected, "%s", mapping.c_str());
  }
  for (std::string mapping : {"X509:<RFC822>A@B", "X509:<S>CN=A", "X509:<I>CN=A", "X509:", "Xyz", ""}) {
    const std::string before = mapping;
    module::make_canonical(mapping.data(), mapping.size());
    ck_assert(mapping == before);
  }
}
END_TEST

START_TEST(nothing_is_listed_unless_the_file_says_so) {
  const Site site(small_site());
  _nss_ad_setpwent(0);
  _nss_ad_setgrent(0);
  _nss_ad_setspent(0);
  ck_assert(next_user() == "notfound 2");
  ck_assert(next_group() == "notfound 2");
  ck_assert(next_shadow() == "notfound 2");
}
END_TEST

START_TEST(all_are_listed_once) {
  Contents contents = small_site();
  contents.enumerate = true;
  Site site(contents);
  for (int round = 0; round < 2; ++round) {
    _nss_ad_setpwent(0);
    for (const UserEntry& entry : contents.users) {
      char tiny[4];
      struct passwd none {};
      int error = 0;
      ck_assert_int_eq(_nss_ad_getpwent_r(&none, tiny, sizeof tiny, &error), NSS_STATUS_TRYAGAIN);
      ck_assert(next_user().starts_with(entry.name + ":x:"));
    }
    ck_assert(next_user() == "notfound 2");
    _nss_ad_endpwent();
  }
  _nss_ad_setgrent(0);
  for (const char* name : {"Domain Users:", "係長:", "empty:"}) ck_assert(next_group().starts_with(name));
  ck_assert(next_group() == "notfound 2");
  _nss_ad_endgrent();
  _nss_ad_setspent(0);
  for (const UserEntry& entry : contents.users) ck_assert(next_shadow().starts_with(entry.name + ":"));
  ck_assert(next_shadow() == "notfound 2");
  _nss_ad_endspent();
}
END_TEST

START_TEST(a_listing_goes_on_in_the_next_file) {
  Contents contents = small_site();
  contents.enumerate = true;
  Site site(contents);
  _nss_ad_setpwent(0);
  ck_assert(next_user() == kYamada);
  contents.users[1].name = "zz";
  contents.users.push_back(snapshot::test::user("before", 770801106));
  site.publish(contents);
  ck_assert(next_user().starts_with("zz:"));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("nss_module");
  TCase* tests = tcase_create("answers");
  tcase_add_test(tests, users_are_answered);
  tcase_add_test(tests, groups_are_answered);
  tcase_add_test(tests, memberships_are_answered);
  tcase_add_loop_test(tests, any_buffer_will_do, 0, 9);
  tcase_add_loop_test(tests, pointers_are_aligned_and_inside, 0, 9);
  tcase_add_test(tests, a_group_of_thousands_is_answered);
  tcase_add_loop_test(tests, the_expiry_day_is_right_to_the_second, 0, std::size(kStates));
  tcase_add_test(tests, a_certificate_names_its_one_account);
  tcase_add_test(tests, files_of_two_times_name_nobody);
  tcase_add_test(tests, spellings_of_mappings_are_the_validators);
  tcase_add_test(tests, nothing_is_listed_unless_the_file_says_so);
  tcase_add_test(tests, all_are_listed_once);
  tcase_add_test(tests, a_listing_goes_on_in_the_next_file);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
