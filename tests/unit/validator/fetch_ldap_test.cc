// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/unique_fd.h"
#include "tests/unit/support/check_main.h"
#include "validator/fetch/program/ldap_document.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

using namespace jpki;
using fetch::Document;
using fetch::LdapValue;

struct Search {
  const char* asked;
  const char* sent;  // nullptr: refused
};

const Search kSearches[] = {
    {"ldap://d/cn=x,c=JP?certificateRevocationList;binary",
     "ldap://d:389/cn=x,c=JP?certificateRevocationList;binary?base"},
    {"ldap://d/cn=x?certificaterevocationlist", "ldap://d:389/cn=x?certificateRevocationList;binary?base"},
    {"ldaps://d/cn=x?authorityRevocationList;BINARY?base",
     "ldaps://d:636/cn=x?authorityRevocationList;binary?base"},
    {"ldap://d/cn=x?deltaRevocationList?base?(objectClass=*)",
     "ldap://d:389/cn=x?deltaRevocationList;binary?base"},
    {"ldap://d/cn=x%3fy?certificateRevocationList?",
     "ldap://d:389/cn=x%3fy?certificateRevocationList;binary?base"},
    {"ldap://d/cn=x", nullptr},
    {"ldap://d/cn=x?", nullptr},
    {"ldap://d/?certificateRevocationList", nullptr},
    {"ldap://d/cn=x?*", nullptr},
    {"ldap://d/cn=x?userPassword", nullptr},
    {"ldap://d/cn=x?;binary", nullptr},
    {"ldap://d/cn=x?certificateRevocationList,userPassword", nullptr},
    {"ldap://d/cn=x?certificateRevocationList?sub", nullptr},
    {"ldap://d/cn=x?certificateRevocationList?one", nullptr},
    {"ldap://d/cn=x?certificateRevocationList?base?(cn=*)", nullptr},
    {"ldap://d/cn=x?certificateRevocationList?base??bindname=cn=a", nullptr},
};

START_TEST(only_one_crl_of_one_entry_is_asked_for) {
  const auto url = fetch::parse_url(kSearches[_i].asked);
  ck_assert(url.has_value());
  const auto search = fetch::crl_search_of(*url);
  const std::string sent = search ? search->text() : "refused";
  ck_assert_str_eq(sent.c_str(), kSearches[_i].sent == nullptr ? "refused" : kSearches[_i].sent);
}
END_TEST

struct Case {
  const char* text;
  const char* value;  // nullptr: refused, or no value
};

#define ENTRY "DN: cn=x\n\tcertificateRevocationList;binary:: "

const Case kCases[] = {
    {ENTRY "YWJj\n\n", "abc"},
    {ENTRY "YWI=\n\n", "ab"},
    {ENTRY "YQ==\n\n\n", "a"},
    {ENTRY "YWJjYWJjYWJj\n", "abcabcabc"},
    {ENTRY "+/+/\n\n", "\xfb\xff\xbf"},
    {"DN: cn=x\n\tauthorityRevocationList:: YWJj\n\n", "abc"},
    {"", nullptr},
    {"DN: cn=x\n\n", nullptr},
    {ENTRY, nullptr},
    {ENTRY "YWJj", nullptr},   // the end is missing
    {ENTRY "YWJ\n", nullptr},  // padding is missing
    {ENTRY "Y\n", nullptr},
    {ENTRY "Y===\n", nullptr},
    {ENTRY "YWI=YWI=\n", nullptr},
    {ENTRY "YW Jj\n", nullptr},
    {ENTRY "YW\tJj\n", nullptr},
    {ENTRY "YWJj\n\tcertificateRevocationList;binary:: YWJj\n", nullptr},  // two values
    {ENTRY "YWJj\n\nDN: cn=y\n", nullptr},                                 // two entries
    {"DN: cn=x\n\tcertificateRevocationList;binary: abc\n", nullptr},      // not base64
    {"DN: cn=x\n\tuserPassword:: YWJj\n", nullptr},
    {"DN: cn=x\n\tcertificateRevocationListcertificateRevocationListcertificateRevocationList:: YWJj\n",
     nullptr},
};

// The value that `text` gives in pieces of `size` bytes.
std::string value_of(const std::string& text, std::size_t size) {
  const UniqueFd file(::memfd_create("document", MFD_CLOEXEC));
  Document document(file.get(), 1000, Document::Storage::kFile);
  LdapValue value(document);
  for (std::size_t at = 0; at < text.size(); at += size)
    if (!value.take(as_bytes(text.substr(at, size)))) return "refused";
  if (!value.complete()) return "refused";
  std::string out(document.size(), '\0');
  ck_assert_int_eq(::pread(file.get(), out.data(), out.size(), 0), static_cast<ssize_t>(out.size()));
  return out;
}

START_TEST(one_value_is_decoded_whatever_the_pieces) {
  const Case& one = kCases[_i];
  const std::string expected = one.value == nullptr ? "refused" : one.value;
  for (const std::size_t size : {1, 2, 7, 1000}) {
    const std::string got = value_of(one.text, size);
    ck_assert_msg(got == expected, "%s in pieces of %zu: %s", one.text, size, got.c_str());
  }
}
END_TEST

START_TEST(a_document_never_outgrows_its_bound) {
  const UniqueFd file(::memfd_create("document", MFD_CLOEXEC));
  for (const auto storage : {Document::Storage::kFile, Document::Storage::kMemory}) {
    Document document(file.get(), 3, storage);
    ck_assert(document.append(as_bytes("abc")));
    ck_assert(document.commit());
    ck_assert(!document.append(as_bytes("d")));
    ck_assert(document.state() == Document::State::kTooLarge);
    ck_assert(!document.append({}) && !document.commit());
    ck_assert_int_eq(::lseek(file.get(), 0, SEEK_END), 3);
  }
  Document document(file.get(), 3, Document::Storage::kFile);
  ck_assert_int_eq(::lseek(file.get(), 0, SEEK_END), 0);
  LdapValue value(document);
  ck_assert(!value.take(as_bytes(ENTRY "YWJjZA==\n")));
  ck_assert(document.state() == Document::State::kTooLarge);
}
END_TEST

START_TEST(a_full_disk_is_told) {
  const UniqueFd full(::open("/dev/full", O_RDWR | O_CLOEXEC));
  Document document(full.get(), 3, Document::Storage::kMemory);
  ck_assert(document.append(as_bytes("abc")));
  ck_assert(!document.commit());
  ck_assert(document.state() == Document::State::kNotWritten);
  ck_assert_int_ne(document.error(), 0);
}
END_TEST

Suite* fetch_ldap_suite() {
  Suite* suite = suite_create("fetch ldap");
  TCase* ldap = tcase_create("ldap");
  tcase_add_loop_test(ldap, only_one_crl_of_one_entry_is_asked_for, 0, std::size(kSearches));
  tcase_add_loop_test(ldap, one_value_is_decoded_whatever_the_pieces, 0, std::size(kCases));
  tcase_add_test(ldap, a_document_never_outgrows_its_bound);
  tcase_add_test(ldap, a_full_disk_is_told);
  suite_add_tcase(suite, ldap);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(fetch_ldap_suite());
}
