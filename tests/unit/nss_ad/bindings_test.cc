// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is asked of the directory about bindings, and what its result codes mean; the conversation itself is
// tests/integration/test_ad_registration.py.
#include "nss_ad/bindings/editor.h"
#include "tests/unit/support/check_main.h"

#include <ldap.h>

namespace {

using namespace jpki::ad::bindings;

START_TEST(filters) {
  ck_assert(filter_of({}) == "(altSecurityIdentities=X509:*)");
  ck_assert(filter_of({Find::What::kAccount, {"a*)(b"}}) ==
            "(&(objectCategory=person)(objectClass=user)(sAMAccountName=a\\2a\\29\\28b))");
  ck_assert(filter_of({Find::What::kHolders, {"X509:<SKI>aa"}}) ==
            "(|(altSecurityIdentities=X509\\3a\\3cSKI\\3eaa))");
}
END_TEST

// DNs have several spellings; what follows them has one.
START_TEST(an_issuer_is_sought_in_every_spelling) {
  ck_assert(filter_of({Find::What::kHolders, {"X509:<I>C=JP,O=A<SR>0102"}}) ==
            "(|(altSecurityIdentities=X509\\3a\\3cI\\3e*\\3cSR\\3e0102))");
}
END_TEST

START_TEST(result_codes) {
  const std::pair<int, Outcome> codes[] = {{LDAP_SUCCESS, Outcome::kDone},
                                           {LDAP_TYPE_OR_VALUE_EXISTS, Outcome::kValueExists},
                                           {LDAP_NO_SUCH_ATTRIBUTE, Outcome::kNoSuchValue},
                                           {LDAP_NO_SUCH_OBJECT, Outcome::kNoObject},
                                           {LDAP_INSUFFICIENT_ACCESS, Outcome::kNoRight},
                                           {LDAP_REFERRAL, Outcome::kReferral},
                                           {LDAP_ADMINLIMIT_EXCEEDED, Outcome::kLimit},
                                           {LDAP_SIZELIMIT_EXCEEDED, Outcome::kLimit},
                                           {LDAP_UNWILLING_TO_PERFORM, Outcome::kRefused},
                                           {LDAP_BUSY, Outcome::kRefused},
                                           {LDAP_SERVER_DOWN, Outcome::kNotKnown},
                                           {LDAP_TIMEOUT, Outcome::kNotKnown},
                                           {LDAP_DECODING_ERROR, Outcome::kNotKnown}};
  for (const auto& [code, outcome] : codes) ck_assert_msg(outcome_of(code) == outcome, "%d", code);
}
END_TEST

// --- the packets
START_TEST(packets_come_back_as_they_were) {
  const auto guid = jpki::ad::Guid{1, 2, 3};
  for (const Question& question : {Question(Find{Find::What::kAccount, {"taro"}}), Question(Find{}),
                                   Question(Change{guid, false, "X509:<SKI>aa"})}) {
    const auto packet = encode(question);
    ck_assert(packet && decode_question(*packet) == question);
    ck_assert(!decode_answer(*packet));
    for (std::size_t size = 0; size < packet->size(); ++size)
      ck_assert(!decode_question(jpki::Bytes(*packet).first(size)));
  }
  for (const Answer& answer :
       {Answer(Found{guid, "CN=x", "x", "X509:<SKI>aa"}), Answer(Found{guid, "CN=x", "", {}}),
        Answer(End{Outcome::kNoRight, "dc1", "no"})}) {
    const auto packet = encode(answer);
    ck_assert(packet && decode_answer(*packet) == answer);
    ck_assert(!decode_question(*packet));
  }
  ck_assert(!encode(Question(Find{Find::What::kHolders, std::vector<std::string>(kMaxTexts + 1)})));
  ck_assert(!encode(Answer(Found{guid, "CN=x", "x", std::string(70000, 'a')})));
  ck_assert(!decode_question(*encode(Question(Change{guid, true, ""}))));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("bindings");
  TCase* tests = tcase_create("bindings");
  tcase_add_test(tests, filters);
  tcase_add_test(tests, an_issuer_is_sought_in_every_spelling);
  tcase_add_test(tests, result_codes);
  tcase_add_test(tests, packets_come_back_as_they_were);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
