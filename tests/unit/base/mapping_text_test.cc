// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/mapping/mapping_text.h"

#include "tests/unit/support/expect.h"

#include <utility>

namespace {

using namespace jpki::mapping;
using namespace jpki::test;

START_TEST(canonical_spelling) {
  expect_text(*canonical_mapping("X509:<I>C=JP,O=A\\, B+Ou=c<SR>0302018F"),
              "X509:<I>c=JP,o=A\\, B+ou=c<SR>0302018f");
  expect_text(*canonical_mapping("X509:<SKI>AbCd"), "X509:<SKI>abcd");
  expect_text(*canonical_mapping("X509:<I>O=\\E5\\9C\\b0\\2CB\\\\E5<SR>01"), "X509:<I>o=地\\2CB\\\\E5<SR>01");
  expect_text(*canonical_mapping("X509:<I>CN=a\\<SR\\>b<SR>01"), "X509:<I>cn=a\\<SR\\>b<SR>01");
  expect_text(*canonical_mapping("X509:<I>O=\\C2\\80a\\E<SR>09"),
              "X509:<I>o=\xC2\x80"
              "a\\E<SR>09");
  const std::string thumbprint = "X509:<SHA1-PUKEY>0123456789abcdef0123456789abcdef01234567";
  expect_text(*canonical_mapping(thumbprint), thumbprint);
  ck_assert(!canonical_mapping(thumbprint + "0123456789abcdef0123"));
  const std::pair<const char*, const char*> refused[] = {
      {"", "not a strong mapping"},
      {"X509:<S>C=JP", "not a strong mapping"},
      {"X509:<RFC822>a@example.test", "not a strong mapping"},
      {"X509:<I>C=JP<S>CN=x", "weak"},
      {"X509:<I>C=JP<SR>", "<SR>"},
      {"X509:<I>C=JP<SR>123", "<SR>"},
      {"X509:<I>C=JP<SR>0x12", "<SR>"},
      {"X509:<I>C=JP, Inc.<SR>01", "distinguished name"},
      {"X509:<I>C=JP\\<SR>01", "distinguished name"},
      {"X509:<I><SR>01", "distinguished name"},
      {"X509:<SKI>", "<SKI>"},
      {"X509:<SKI>zz", "<SKI>"},
      {"X509:<SHA1-PUKEY>abcd", "40 digits"},
  };
  for (const auto& [mapping, hint] : refused) {
    const auto canonical = canonical_mapping(mapping);
    ck_assert_msg(!canonical, "%s", mapping);
    expect_contains(canonical.error(), hint);
  }
}
END_TEST

START_TEST(weak_forms_where_they_are_allowed) {
  expect_text(*canonical_mapping("X509:<S>Cn=A", kAllWeakForms), "X509:<S>cn=A");
  expect_text(*canonical_mapping("X509:<I>C=JP<S>CN=x", kAllWeakForms), "X509:<I>c=JP<S>cn=x");
  expect_text(*canonical_mapping("X509:<RFC822>Taro@Example.test", kAllWeakForms),
              "X509:<RFC822>taro@example.test");
  expect_text(*canonical_mapping("X509:<SKI>AB", kAllWeakForms), "X509:<SKI>ab");
  for (const char* strong : {"X509:<I>c=JP<SR>01", "X509:<I>cn=a\\<S\\>b<SR>01", "X509:<I>cn=a\\<S>b<SR>01"})
    expect_text(*canonical_mapping(strong, kAllWeakForms), strong);
  const std::pair<const char*, const char*> refused[] = {
      {"X509:<S>nobody", "distinguished name"},
      {"X509:<I>C=JP<S>nobody", "two distinguished names"},
      {"X509:<RFC822>taro", "mail address"},
  };
  for (const auto& [mapping, hint] : refused) {
    const auto canonical = canonical_mapping(mapping, kAllWeakForms);
    ck_assert_msg(!canonical, "%s", mapping);
    expect_contains(canonical.error(), hint);
  }
  const WeakForm only_mail[] = {WeakForm::kRfc822};
  ck_assert(!canonical_mapping("X509:<S>CN=A", only_mail));
  ck_assert(canonical_mapping("X509:<RFC822>a@b", only_mail).has_value());
}
END_TEST

START_TEST(names_of_weak_forms) {
  for (const WeakForm form : kAllWeakForms) ck_assert(weak_form_from(name_of(form)) == form);
  ck_assert(!weak_form_from("issuer"));
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("mapping text");
  TCase* tc = tcase_create("mapping text");
  for (const auto* test : {canonical_spelling, weak_forms_where_they_are_allowed, names_of_weak_forms})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  return run_suite(suite());
}
