// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldif/ldif.h"

#include "tests/unit/nss_ad/entries.h"

#include <gnutls/gnutls.h>

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::test;
using Values = std::vector<std::string>;

std::vector<Entry> entries(std::string_view text) {
  auto parsed = ldif::parse(text);
  if (!parsed) ck_abort_msg("%s", parsed.error().c_str());
  return std::move(*parsed);
}

std::string base64(std::string_view text) {
  gnutls_datum_t in{reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())),
                    static_cast<unsigned>(text.size())};
  gnutls_datum_t out{nullptr, 0};
  ck_assert_int_eq(gnutls_base64_encode2(&in, &out), 0);
  std::string encoded(reinterpret_cast<const char*>(out.data), out.size);
  gnutls_free(out.data);
  return encoded;
}

// Everything in base64, folded after each 20 characters.
std::string written(const Entry& entry) {
  std::string out = "dn:: " + base64(entry.dn) + "\n";
  for (const auto& [name, values] : entry.attributes)
    for (const std::string& value : values) {
      std::string line = name + ":: " + base64(value);
      for (; line.size() > 20; line.erase(0, 20)) out += line.substr(0, 20) + "\n ";
      out += line + "\n";
    }
  return out + "\n";
}

START_TEST(records_of_rfc_2849) {
  const auto parsed = entries(
      "version: 1\r\n"
      "# a comment\r\n"
      "#  that is\r\n"
      "  folded\r\n"
      "\r\n"
      "dn: CN=Taro,\r\n"
      " DC=ad,DC=test\r\n"
      "cn:Taro\r\n"
      "CN;lang-ja:: 5aSq6YOO\r\n"
      "description: a  \r\n"
      "# between\r\n"
      "empty:\r\n"
      "encoded::\r\n"
      "url: a:b\r\n"
      "\r\n"
      "\r\n"
      "dn: CN=Hanako,DC=ad,DC=test\r\n"
      "cn: Hanako");
  ck_assert_uint_eq(parsed.size(), 2);
  expect_text(parsed[0].dn, "CN=Taro,DC=ad,DC=test");
  ck_assert((parsed[0].attributes.at("cn") == Values{"Taro", "太郎"}));
  ck_assert((parsed[0].attributes.at("description") == Values{"a  "}));
  ck_assert(
      (parsed[0].attributes.at("empty") == Values{""} && parsed[0].attributes.at("encoded") == Values{""}));
  ck_assert((parsed[0].attributes.at("url") == Values{"a:b"}));
  expect_text(*parsed[1].first("cn"), "Hanako");
  ck_assert(entries("").empty() && entries("\n\n# nothing\n").empty());
}
END_TEST

START_TEST(files_that_are_refused) {
  const std::pair<const char*, const char*> refused[] = {
      {"cn: x\n", "line 1: a record must begin with dn:"},
      {"dn: a=b\n\nsearch: 2\n", "line 3: a record must begin with dn:"},
      {"dn: a=b\ncn x\n", "line 2: must be"},
      {"dn: a=b\n: x\n", "line 2: must be"},
      {"dn: a=b\nc n: x\n", "line 2: must be"},
      {"dn: a=b\n\n folded after nothing\n", "line 3"},
      {"dn: a=b\ncn:: %%%\n", "line 2: no base64"},
      {"dn: a=b\ncn:: YQ\n", "line 2: no base64"},
      {"dn: a=b\njpegPhoto:< file:///etc/shadow\n", "line 2: a value by URL"},
      {"dn: a=b\nchangetype: delete\n", "line 2: a change record"},
      {"dn: a=b\nmember;range=0-1499: CN=x\n", "line 2: only a part"},
      {"dn: a=b\ndn: c=d\n", "line 2: a second dn"},
      {"version: 2\n\ndn: a=b\n", "line 1"},
  };
  for (const auto& [text, hint] : refused) {
    const auto parsed = ldif::parse(text);
    ck_assert_msg(!parsed, "%s", text);
    expect_contains(parsed.error(), hint);
  }
}
END_TEST

START_TEST(every_octet_survives) {
  Entry entry = user_entry();
  std::string octets;
  for (int i = 0; i < 256; ++i) octets.push_back(static_cast<char>(i));
  entry.attributes["octets"] = {octets, octets + octets};
  const auto parsed = entries(written(entry));
  ck_assert_uint_eq(parsed.size(), 1);
  ck_assert(parsed[0] == entry);
}
END_TEST

Entry domain_entry() {
  Entry domain;
  domain.dn = "DC=ad,DC=test";
  set(domain, "objectclass", {"top", "domain", "domainDNS"});
  domain.attributes["objectsid"] = {std::string(as_text(sid(kDomainSid).encode()))};
  return domain;
}

START_TEST(a_directory_with_its_domain) {
  Entry reference;
  reference.dn = "CN=ADT,CN=Partitions,CN=Configuration,DC=ad,DC=test";
  set(reference, "objectclass", {"top", "crossRef"});
  set(reference, "netbiosname", {"ADT"});
  Entry members = group_entry("saimu", 1200);
  set(members, "member", {dn_of("taro")});
  Entry broken = user_entry("jiro", 1109);
  broken.attributes.erase("objectsid");
  Entry computer = user_entry("PC1$", 1110);
  set(computer, "objectclass", {"user", "computer"});
  ObjectReport report;
  const auto directory =
      ldif::directory_of({domain_entry(), reference, user_entry(), members, broken, computer}, report);
  ck_assert_msg(directory.has_value(), "%s", directory ? "" : directory.error().c_str());
  expect_text(directory->realm, "AD.TEST");
  expect_text(directory->netbios, "ADT");
  ck_assert(directory->domain_sid == sid(kDomainSid));
  ck_assert(directory->users == std::vector<User>{user()});
  ck_assert((directory->groups == std::vector<Group>{group("saimu", 1200, {dn_of("taro")})}));
  ck_assert_uint_eq(report.lines.size(), 1);
  expect_contains(to_line(report.lines[0]), "JPKI-820: jiro: objectsid");
}
END_TEST

START_TEST(a_directory_of_users_alone) {
  ObjectReport report;
  const auto directory = ldif::directory_of({user_entry()}, report);
  ck_assert(directory.has_value());
  expect_text(directory->realm, "AD.TEST");
  expect_text(directory->netbios, "AD");
  ck_assert(directory->domain_sid == sid(kDomainSid));
  ck_assert(!ldif::directory_of({group_entry("x", 1200)}, report));
  Entry other = user_entry("saburo", 1111);
  other.attributes["objectsid"] = {std::string(as_text(sid("S-1-5-21-9-9-9-1111").encode()))};
  const auto two = ldif::directory_of({user_entry(), other}, report);
  ck_assert(!two);
  expect_contains(two.error(), "one file holds one domain");
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("nss_ad/ldif");
  TCase* tests = tcase_create("ldif");
  tcase_add_test(tests, records_of_rfc_2849);
  tcase_add_test(tests, files_that_are_refused);
  tcase_add_test(tests, every_octet_survives);
  tcase_add_test(tests, a_directory_with_its_domain);
  tcase_add_test(tests, a_directory_of_users_alone);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
