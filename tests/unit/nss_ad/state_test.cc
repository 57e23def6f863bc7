// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/state.h"

#include "tests/unit/nss_ad/directory_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::ad::ldap;
using namespace jpki::test;

FileTrust ours() {
  return {.max_size = kMaxStateSize, .owner = ::geteuid(), .secret = true};
}

State full_state() {
  State state;
  state.scope = "AD.TEST\n(objectClass=*)";
  state.point = {"dc1.ad.test:389", {1, 2, 3}, 6086, {9, 0, 9}};
  state.last_full = Time(std::chrono::seconds(1'700'000'000));
  state.last_read = Time(std::chrono::seconds(1'800'000'000));
  state.directory = {"AD.TEST", "ADT", sid_number(0).domain(), {}, {}};
  User user = user_number(1, "CN=佐藤 花子,OU=職員,DC=ad,DC=test");
  user.principal_name = "hanako@ad.test";
  user.display_name = "佐藤 花子";
  user.uid_number = 10001;
  user.unix_home = "/home/hanako";
  user.login_shell = "/bin/bash";
  user.state = {0x40200, 0x7fffffffffffffff, -1, 0, LogonHours{1, 2, 3}, {"PC1", "PC2"}};
  user.alt_security_identities = {"X509:<SKI>00", "X509:<SHA1-PUKEY>11"};
  state.directory.users = {user, user_number(2, "CN=B")};
  Group group = group_number(11, "CN=G", {"CN=A", std::string("\0x", 2)});
  group.gid_number = 0;
  state.directory.groups = {group, group_number(12, "CN=H", {})};
  state.malformed[guid_number(5)] = "x: no objectSid";
  return state;
}

START_TEST(what_is_written_is_read) {
  const State state = full_state();
  const auto read = decode_state(encode(state));
  ck_assert_msg(read.has_value(), "%s", read ? "" : read.error().c_str());
  ck_assert(read->scope == state.scope && read->point == state.point);
  ck_assert(read->last_full == state.last_full && read->last_read == state.last_read);
  ck_assert(read->directory.users == state.directory.users);
  ck_assert(read->directory.groups == state.directory.groups);
  ck_assert(read->directory.domain_sid == state.directory.domain_sid);
  ck_assert(read->directory.realm == "AD.TEST" && read->directory.netbios == "ADT");
  ck_assert(read->malformed == state.malformed);
}
END_TEST

START_TEST(every_truncation_and_every_flipped_octet_is_noticed) {
  const Blob good = encode(full_state());
  for (std::size_t size = 0; size < good.size(); ++size)
    ck_assert_msg(!decode_state(Bytes(good).first(size)), "%zu octets", size);
  for (std::size_t i = 0; i < good.size(); ++i) {
    Blob bad = good;
    bad[i] ^= 0x10;
    ck_assert_msg(!decode_state(bad), "octet %zu", i);
  }
  Blob longer = good;
  longer.push_back(0);
  ck_assert(!decode_state(longer));
}
END_TEST

START_TEST(files) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("directory.state");
  const auto none = load_state(path, ours());
  ck_assert(none && !*none);
  ck_assert(save_state(path, full_state()));
  struct stat info {};
  ck_assert_int_eq(::stat(path.c_str(), &info), 0);
  ck_assert_uint_eq(info.st_mode & 07777, 0600);
  const auto some = load_state(path, ours());
  ck_assert(some && *some && **some == full_state());
  ::chmod(path.c_str(), 0644);
  ck_assert(!load_state(path, ours()));  // others could have read it
  directory.write("damaged", "x", std::filesystem::perms(0600));
  ck_assert(!load_state(directory.path("damaged"), ours()));
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("ad state");
  TCase* cases = tcase_create("state");
  tcase_add_test(cases, what_is_written_is_read);
  tcase_add_test(cases, every_truncation_and_every_flipped_octet_is_noticed);
  tcase_add_test(cases, files);
  suite_add_tcase(s, cases);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
