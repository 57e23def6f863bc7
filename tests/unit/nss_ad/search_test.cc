// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/search.h"

#include "nss_ad/ldap/controller_info.h"
#include "nss_ad/ldap/filter_attributes.h"
#include "tests/unit/nss_ad/directory_fixture.h"

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::ad::ldap;

START_TEST(ranges) {
  const auto part = parse_range("member;range=0-1499");
  ck_assert(part && part->attribute == "member" && part->next == 1500u);
  const auto last = parse_range("Member;Range=1500-*");
  ck_assert(last && last->attribute == "member" && !last->next);
  ck_assert(parse_range("member;binary;range=0-9")->next == 10u);
  for (const char* text :
       {"member", "member;range=", "member;range=0", "member;range=-5", "member;range=5-1",
        "member;range=a-b", "member;range=0-4294967295", "member;range=0-99999999999", "member;range=*-*"})
    ck_assert_msg(!parse_range(text), "%s", text);
}
END_TEST

START_TEST(filter_values_are_escaped) {
  const Blob octets{0, '*', '(', ')', '\\', 'a', 'Z', '9', 0xff, '='};
  const std::string text = escaped(octets);
  ck_assert_msg(text == "\\00\\2a\\28\\29\\5caZ9\\ff\\3d", "%s", text.c_str());
  const Guid guids[] = {test::guid_number(0x31), test::guid_number(2)};
  const std::string filter = any_of_guids(guids);
  const std::string zeros = "\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00";
  ck_assert_msg(filter == "(|(objectGUID=" + zeros + "1)(objectGUID=" + zeros + "\\02))", "%s",
                filter.c_str());
}
END_TEST

START_TEST(a_budget_ends) {
  Entry entry;
  entry.dn = "cn=x";
  entry.attributes["member"] = {std::string(1000, 'x')};
  Budget three(3);
  for (const bool good : {true, true, true, false, false}) ck_assert(three.spend(entry) == good);
  Budget octets(100, 2500);
  for (const bool good : {true, true, false}) ck_assert(octets.spend(entry) == good);
  Budget ordinary;
  for (int i = 0; i < 100000; ++i) ck_assert(ordinary.spend(entry));
}
END_TEST

START_TEST(times) {
  const auto expected = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + std::chrono::hours(7) +
                        std::chrono::minutes(13) + std::chrono::seconds(8);
  ck_assert(parse_generalized_time("20261122071308.0Z") == expected);
  ck_assert(parse_generalized_time("20261122071308Z") == expected);
  for (const char* text :
       {"", "Z", "20261122071308", "2026112207130Z", "20261322071308.0Z", "20260230071308.0Z",
        "20261122241308.0Z", "20261122071308+0900", "2026112207130x.0Z"})
    ck_assert_msg(!parse_generalized_time(text), "%s", text);
}
END_TEST

START_TEST(domains) {
  const std::string nc = domain_nc_of("AD.TEST");
  ck_assert_msg(nc == "DC=AD,DC=TEST", "%s", nc.c_str());
  const std::string one = domain_nc_of("LOCAL");
  ck_assert_msg(one == "DC=LOCAL", "%s", one.c_str());
}
END_TEST

START_TEST(filters_that_tell_their_attributes) {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"", {}},
      {"(department=Tax)", {"department"}},
      {"( msDS-cloudExtensionAttribute1>=1)", {"msDS-cloudExtensionAttribute1"}},
      {"(&(a=*)(|(b~=x)( ! (c<=\\28d=1\\29))))", {"a", "b", "c"}},
      {"(!(userAccountControl:1.2.840.113556.1.4.803:=2))", {"userAccountControl"}},
      {"(groupType:1.2.840.113556.1.4.804:=6)", {"groupType"}},
  };
  for (const auto& [filter, names] : cases) {
    const auto found = attributes_of_filter(filter);
    ck_assert_msg(found == names, "%s", filter);
  }
}
END_TEST

START_TEST(filters_that_do_not) {
  for (const char* filter :
       {"department=Tax", "(a=b)(", "(", "(=x)", "(a)", "(!a=b)", "(&a=b)", "(2.5.4.11=Tax)", "(1a=b)",
        "(cn;lang-ja=x)", "(ANR=taro)", "(ou:dn:=Tax)", "(:dn:2.5.13.2:=x)", "(a b=c)",
        "(manager:1.2.840.113556.1.4.1941:=CN=A)", "(&(a=b)(anr=c))", "(a:=b)"})
    ck_assert_msg(!attributes_of_filter(filter), "%s", filter);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("ad search");
  TCase* cases = tcase_create("search");
  tcase_add_test(cases, ranges);
  tcase_add_test(cases, filter_values_are_escaped);
  tcase_add_test(cases, a_budget_ends);
  tcase_add_test(cases, times);
  tcase_add_test(cases, domains);
  tcase_add_test(cases, filters_that_tell_their_attributes);
  tcase_add_test(cases, filters_that_do_not);
  suite_add_tcase(s, cases);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
