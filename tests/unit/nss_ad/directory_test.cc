// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/directory/problem.h"
#include "tests/unit/nss_ad/entries.h"

#include <algorithm>

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::test;

// --- SIDs -----------------------------------------------------------------------------------------------
START_TEST(sids_have_two_forms) {
  const struct {
    const char* text;
    Blob bytes;
  } same[] = {
      {"S-1-5-32-544", {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0}},
      {"S-1-1-0", {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}},
      {"S-1-4294967295-4294967295", {1, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
      {"S-1-0x000100000000-1", {1, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0}},
  };
  for (const auto& [text, bytes] : same) {
    const auto decoded = Sid::decode(bytes);
    ck_assert_msg(decoded.has_value(), "%s", text);
    expect_text(decoded->text(), text);
    ck_assert(*decoded == sid(text));
    ck_assert(decoded->encode() == bytes);
  }
  const Sid user = domain_sid(1107);
  expect_text(user.text(), std::string(kDomainSid) + "-1107");
  ck_assert_uint_eq(user.rid(), 1107);
  ck_assert(user.domain() == sid(kDomainSid));
  ck_assert(*Sid::decode(user.encode()) == user);
}
END_TEST

START_TEST(texts_that_are_no_sid) {
  const char* const refused[] = {
      "",
      "S-1-",
      "S-1-5",
      "S-1-5-",
      "S-1-5--1",
      "S-2-5-21",
      "s-1-5-21",
      "S-1-5-a",
      "S-1-5- 21",
      "S-1-5-021",
      "S-1-05-21",
      "S-1--5-21",
      "S-1-5-+21",
      "S-1-5-4294967296",
      "x",
      "S-1-5-21 ",
      "S-1-0x5-21",
      "S-1-0x00000000000g-1",
      "S-1-4294967296-1",
      "S-1-0x000000000005-21",
      "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16",
  };
  for (const char* text : refused) ck_assert_msg(!Sid::parse(text), "\"%s\"", text);
  ck_assert(Sid::parse("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15").has_value());
}
END_TEST

START_TEST(bytes_that_are_no_sid) {
  const Blob good = domain_sid(1107).encode();
  for (std::size_t size = 0; size < good.size(); ++size)
    ck_assert_msg(!Sid::decode(Bytes(good).first(size)), "%zu bytes", size);
  Blob longer = good;
  longer.push_back(0);
  ck_assert(!Sid::decode(longer));
  Blob revision = good;
  revision[0] = 2;
  ck_assert(!Sid::decode(revision));
  Blob count = good;
  count[1] = 16;
  count.resize(8 + 4 * 16);
  ck_assert(!Sid::decode(count));
  ck_assert(!Sid::decode(Blob{1, 0, 0, 0, 0, 0, 0, 5}));
}
END_TEST

START_TEST(guids_are_written_as_windows_does) {
  const Guid guid = {0xff, 0x19, 0x96, 0x6f, 0x86, 0x8b, 0x11, 0xd0,
                     0xb4, 0x2d, 0x00, 0xc0, 0x4f, 0xc9, 0x64, 0xff};
  expect_text(text_of(guid), "6f9619ff-8b86-d011-b42d-00c04fc964ff");
}
END_TEST

// --- entries --------------------------------------------------------------------------------------------
START_TEST(a_user_with_everything) {
  Entry entry = user_entry();
  set(entry, "userprincipalname", {"taro@ad.test"});
  set(entry, "displayname", {"鈴木 太郎"});
  set(entry, "uidnumber", {"4294967295"});
  set(entry, "gidnumber", {"0"});
  set(entry, "unixhomedirectory", {"/srv/home/taro"});
  set(entry, "loginshell", {"/bin/zsh"});
  set(entry, "useraccountcontrol", {"-2147221502"});  // bit 31 is a sign on the wire
  set(entry, "accountexpires", {"9223372036854775807"});
  set(entry, "lockouttime", {"133500000000000000"});
  set(entry, "pwdlastset", {"0"});
  set(entry, "userworkstations", {"PC1, pc2,,PC3 "});
  set(entry, "altsecurityidentities", {"X509:<SKI>01", "Kerberos:x@y"});
  entry.attributes["logonhours"] = {std::string(21, '\xff')};
  const auto user = user_of(entry);
  ck_assert_msg(user.has_value(), "%s", user ? "" : user.error().c_str());
  expect_text(user->dn, entry.dn);
  expect_text(user->name, "taro");
  expect_text(user->principal_name, "taro@ad.test");
  expect_text(user->display_name, "鈴木 太郎");
  ck_assert(user->guid == guid_for(1107) && user->sid == domain_sid(1107));
  ck_assert_uint_eq(user->primary_group, 513);
  ck_assert_uint_eq(user->uid_number.value(), 4294967295u);
  ck_assert_uint_eq(user->gid_number.value(), 0);
  expect_text(user->unix_home, "/srv/home/taro");
  expect_text(user->login_shell, "/bin/zsh");
  ck_assert_uint_eq(user->state.user_account_control, 0x80040002u);
  ck_assert_int_eq(user->state.account_expires, INT64_MAX);
  ck_assert_int_eq(user->state.lockout_time, 133500000000000000);
  ck_assert_int_eq(user->state.pwd_last_set, 0);
  ck_assert((*user->state.logon_hours)[20] == 0xff);
  ck_assert((user->state.workstations == std::vector<std::string>{"PC1", "pc2", "PC3"}));
  ck_assert((user->alt_security_identities == std::vector<std::string>{"X509:<SKI>01", "Kerberos:x@y"}));
}
END_TEST

START_TEST(what_is_absent_is_empty) {
  Entry entry = user_entry();
  entry.attributes["logonhours"] = {std::string()};
  const auto user = user_of(entry);
  ck_assert(user.has_value());
  ck_assert(user->principal_name.empty() && user->display_name.empty() && !user->uid_number);
  ck_assert(!user->state.logon_hours && user->state.workstations.empty());
  ck_assert_int_eq(user->state.account_expires, 0);
}
END_TEST

void expect_refused(const Entry& entry, const char* attribute) {
  const auto user = user_of(entry);
  ck_assert_msg(!user, "%s", attribute);
  expect_contains(user.error(), attribute);
}

START_TEST(a_user_needs_these) {
  for (const char* attribute :
       {"objectguid", "objectsid", "samaccountname", "useraccountcontrol", "primarygroupid"}) {
    Entry entry = user_entry();
    entry.attributes.erase(attribute);
    ck_assert_msg(!user_of(entry), "%s", attribute);
    entry.attributes[attribute] = {};
    ck_assert_msg(!user_of(entry), "%s", attribute);
  }
  Entry nameless = user_entry();
  nameless.dn.clear();
  expect_refused(nameless, "distinguishedName");
}
END_TEST

START_TEST(values_of_another_syntax) {
  const std::pair<const char*, std::string> wrong[] = {
      {"useraccountcontrol", ""},
      {"useraccountcontrol", "512 "},
      {"useraccountcontrol", "0x200"},
      {"useraccountcontrol", "4294967296"},
      {"primarygroupid", "Domain Users"},
      {"accountexpires", "-1"},
      {"accountexpires", "never"},
      {"accountexpires", "9223372036854775808"},
      {"lockouttime", "1.5"},
      {"pwdlastset", "+1"},
      {"uidnumber", "-1"},
      {"uidnumber", "4294967296"},
      {"gidnumber", "x"},
      {"logonhours", "20 bytes are too few"},
      {"displayname", std::string("a\0b", 3)},
      {"unixhomedirectory", std::string("/\0", 2)},
      {"altsecurityidentities", std::string("\0", 1)},
  };
  for (const auto& [attribute, value] : wrong) {
    Entry entry = user_entry();
    set(entry, attribute, {value});
    expect_refused(entry, attribute);
  }
  for (const char* attribute :
       {"samaccountname", "objectsid", "objectguid", "useraccountcontrol", "displayname"}) {
    Entry entry = user_entry();
    auto& values = entry.attributes[attribute];
    values = {"1", "2"};
    ck_assert_msg(!user_of(entry), "two values of %s", attribute);
  }
}
END_TEST

START_TEST(errors_hold_no_values) {
  Entry entry = user_entry();
  set(entry, "accountexpires", {"2033-07-15"});
  const auto user = user_of(entry);
  ck_assert(!user && user.error().find("2033") == std::string::npos);
  expect_contains(user.error(), "taro: accountexpires");
}
END_TEST

START_TEST(groups) {
  Entry entry = group_entry("saimu", 1200);
  set(entry, "member", {dn_of("taro"), dn_of("hanako")});
  set(entry, "gidnumber", {"5000"});
  const auto group = group_of(entry);
  ck_assert(group.has_value());
  expect_text(group->name, "saimu");
  ck_assert_uint_eq(group->gid_number.value(), 5000);
  ck_assert((group->members == std::vector<std::string>{dn_of("taro"), dn_of("hanako")}));
  entry.attributes.erase("objectsid");
  ck_assert(!group_of(entry));
}
END_TEST

START_TEST(kinds_of_objects) {
  const auto kind = [](std::initializer_list<std::string_view> classes, const char* attribute = nullptr,
                       const char* value = "") {
    Entry entry;
    set(entry, "objectclass", classes);
    if (attribute != nullptr) set(entry, attribute, {value});
    return kind_of(entry);
  };
  ck_assert(kind_of(user_entry()) == EntryKind::kUser);
  ck_assert(kind_of(group_entry("x", 1)) == EntryKind::kGroup);
  ck_assert(kind({"top", "USER"}) == EntryKind::kUser);
  ck_assert(kind({"top", "person", "user", "computer"}) == EntryKind::kOther);
  ck_assert(kind({"user"}, "useraccountcontrol", "4096") == EntryKind::kOther);  // a workstation's
  ck_assert(kind({"user"}, "useraccountcontrol", "2080") == EntryKind::kOther);  // a trusted domain's
  ck_assert(kind({"user"}, "useraccountcontrol", "514") == EntryKind::kUser);    // disabled
  ck_assert(kind({"user"}, "useraccountcontrol", "nonsense") == EntryKind::kUser);
  ck_assert(kind({"group"}, "grouptype", "2") == EntryKind::kOther);            // distribution
  ck_assert(kind({"group"}, "grouptype", "-2147483640") == EntryKind::kGroup);  // universal security
  ck_assert(kind({"group"}) == EntryKind::kGroup);
  ck_assert(kind({"contact"}) == EntryKind::kOther);
  ck_assert(kind({}) == EntryKind::kOther);
}
END_TEST

START_TEST(labels_are_printable) {
  Entry entry = user_entry();
  expect_text(label_of(entry), "taro");
  set(entry, "samaccountname", {"a\nb"});
  expect_contains(label_of(entry), "object 00000453-");
  entry.attributes.erase("objectguid");
  expect_text(label_of(entry), entry.dn);
}
END_TEST

START_TEST(problems_have_codes_of_their_own) {
  const auto all = all_object_problems();
  ck_assert(std::ranges::is_sorted(all));
  ck_assert(std::ranges::adjacent_find(all) == all.end());
  for (const ObjectProblem problem : all) {
    const auto number = static_cast<unsigned>(problem);
    ck_assert_msg(number >= 820 && number <= 859, "%u", number);
  }
  expect_text(to_line({ObjectProblem::kIdWouldChange, "taro: …"}), "JPKI-823: taro: …");
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("nss_ad/directory");
  TCase* tests = tcase_create("directory");
  tcase_add_test(tests, sids_have_two_forms);
  tcase_add_test(tests, texts_that_are_no_sid);
  tcase_add_test(tests, bytes_that_are_no_sid);
  tcase_add_test(tests, guids_are_written_as_windows_does);
  tcase_add_test(tests, a_user_with_everything);
  tcase_add_test(tests, what_is_absent_is_empty);
  tcase_add_test(tests, a_user_needs_these);
  tcase_add_test(tests, values_of_another_syntax);
  tcase_add_test(tests, errors_hold_no_values);
  tcase_add_test(tests, groups);
  tcase_add_test(tests, kinds_of_objects);
  tcase_add_test(tests, labels_are_printable);
  tcase_add_test(tests, problems_have_codes_of_their_own);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
