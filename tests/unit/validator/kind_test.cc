// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Kinds of certificates (R15): by policy, by profile, and their names.
#include "validator/x509/kind.h"

#include "tests/unit/validator/pki_fixture.h"
#include "validator/x509/classify.h"

namespace {

using namespace jpki;
using namespace jpki::test;
using x509::Kind;

START_TEST(kinds_by_policy) {
  const std::vector<x509::KindRule> rules{
      {Kind::kLgpkiUser, "1.2.3.1"}, {Kind::kLgpkiRole, "1.2.3.2"}, {Kind::kCirsTerminal, "1.2.3.3"}};
  const auto kind_of = [&](std::vector<std::string> policies) {
    return classify(decoded(signed_person(pki::certificate_policies(policies))), rules);
  };
  ck_assert(kind_of({kAuthPolicy}) == Kind::kJpkiAuthentication);
  ck_assert(kind_of({"1.2.392.200149.8.5.1.1.20"}) == Kind::kJpkiSignature);
  ck_assert(kind_of({"1.2.3.1"}) == Kind::kLgpkiUser);
  ck_assert(kind_of({"1.2.3.9"}) == Kind::kUnknown);
  // Several: the most restricted kind, whatever the order.
  ck_assert(kind_of({"1.2.3.1", "1.2.3.2"}) == Kind::kLgpkiRole);
  ck_assert(kind_of({"1.2.3.3", kAuthPolicy}) == Kind::kCirsTerminal);
  ck_assert(kind_of({"1.2.3.2", "1.2.3.3"}) == Kind::kCirsTerminal);
  ck_assert(kind_of({kAuthPolicy, "1.2.392.200149.8.5.1.1.20"}) == Kind::kJpkiSignature);
  // Of kinds that are restricted alike, the first rule's.
  ck_assert(kind_of({kAuthPolicy, "1.2.3.1"}) == Kind::kLgpkiUser);
  ck_assert(kind_of({"1.2.392.200149.8.5.1.1.20", "1.2.3.3"}) == Kind::kCirsTerminal);
  ck_assert(classify(decoded(root()), rules) == Kind::kAuthority);
}
END_TEST

START_TEST(login_kinds_need_the_profile) {
  const auto kind_of = [](pki::CertificateBuilder builder) {
    return classify(decoded(builder.sign(key("root"))), {});
  };
  using Usage = pki::KeyUsage;
  ck_assert(kind_of(person().remove(pki::oid::kExtendedKeyUsage)) == Kind::kJpkiAuthentication);
  ck_assert(kind_of(person().replace(pki::extended_key_usage({"1.3.6.1.4.1.311.20.2.2"}))) ==
            Kind::kJpkiAuthentication);
  ck_assert(kind_of(person().replace(pki::extended_key_usage({"2.5.29.37.0"}))) == Kind::kJpkiAuthentication);
  ck_assert(kind_of(person().add(pki::basic_constraints(false))) == Kind::kJpkiAuthentication);
  ck_assert(kind_of(person().remove(pki::oid::kKeyUsage)) == Kind::kUnknown);
  ck_assert(kind_of(person().replace(pki::key_usage({Usage::kNonRepudiation}))) == Kind::kUnknown);
  ck_assert(kind_of(person().replace(pki::extended_key_usage({pki::oid::kEmailProtection}))) ==
            Kind::kUnknown);
  // The others do not.
  ck_assert(kind_of(person()
                        .replace(pki::certificate_policies({"1.2.392.200149.8.5.1.1.20"}))
                        .replace(pki::key_usage({Usage::kNonRepudiation}))) == Kind::kJpkiSignature);
}
END_TEST

START_TEST(kinds_by_usage) {
  const auto kind_of = [](std::vector<pki::KeyUsage> usages, std::vector<std::string> purposes) {
    auto builder = person();
    builder.remove(pki::oid::kCertificatePolicies)
        .remove(pki::oid::kExtendedKeyUsage)
        .replace(pki::key_usage(usages));
    if (!purposes.empty()) builder.add(pki::extended_key_usage(purposes));
    return classify(decoded(builder.sign(key("root"))), {});
  };
  using Usage = pki::KeyUsage;
  ck_assert(kind_of({Usage::kDigitalSignature}, {pki::oid::kServerAuth}) == Kind::kWebServer);
  ck_assert(kind_of({Usage::kDigitalSignature}, {pki::oid::kEmailProtection, pki::oid::kClientAuth}) ==
            Kind::kMail);
  ck_assert(kind_of({Usage::kDigitalSignature}, {pki::oid::kCodeSigning}) == Kind::kCodeSigning);
  ck_assert(kind_of({Usage::kKeyEncipherment}, {}) == Kind::kEncryption);
  ck_assert(kind_of({Usage::kNonRepudiation}, {}) == Kind::kDocumentSigning);
  ck_assert(kind_of({Usage::kDigitalSignature}, {pki::oid::kClientAuth}) == Kind::kUnknown);
  ck_assert(kind_of({Usage::kDigitalSignature, Usage::kKeyEncipherment}, {}) == Kind::kUnknown);
  ck_assert(kind_of({Usage::kDigitalSignature, Usage::kNonRepudiation}, {}) == Kind::kUnknown);
  ck_assert(kind_of({Usage::kKeyAgreement}, {}) == Kind::kUnknown);
  ck_assert(classify(decoded(builder(authority_name(), person_name(), key("person")).sign(key("root"))),
                     {}) == Kind::kUnknown);
}
END_TEST

START_TEST(kind_names) {
  for (int i = 0; i <= static_cast<int>(Kind::kUnknown); ++i) {
    const auto kind = static_cast<Kind>(i);
    ck_assert(x509::kind_from(name_of(kind)) == kind);
    ck_assert(refusal_for(kind) != Verdict::kAccepted);
  }
  ck_assert(!x509::kind_from("JPKI-authentication"));
  for (int i = 0; i <= static_cast<int>(Kind::kUnknown); ++i) {
    const auto kind = static_cast<Kind>(i);
    ck_assert(is_login_kind(kind) ==
              (kind == Kind::kJpkiAuthentication || kind == Kind::kLgpkiUser || kind == Kind::kLgpkiRole));
  }
}
END_TEST

START_TEST(policies_of_a_kind_are_those_of_the_rules_and_the_published_ones) {
  const std::vector<x509::KindRule> rules{
      {Kind::kLgpkiUser, "1.2.3.1"}, {Kind::kJpkiAuthentication, "1.2.3.2"}, {Kind::kLgpkiUser, "1.2.3.3"}};
  using Policies = std::vector<std::string>;
  ck_assert((policies_of(Kind::kLgpkiUser, rules) == Policies{"1.2.3.1", "1.2.3.3"}));
  ck_assert((policies_of(Kind::kJpkiAuthentication, rules) == Policies{"1.2.3.2", kAuthPolicy}));
  ck_assert((policies_of(Kind::kJpkiSignature, {}) == Policies{"1.2.392.200149.8.5.1.1.20"}));
  ck_assert(policies_of(Kind::kMail, rules).empty());
}
END_TEST

START_TEST(object_identifiers_as_they_are_written) {
  for (const char* const good : {"0.1", "1.2", "2.0", "2.999.1", "1.2.392.200149.8.5.1.3.30", "0.9.10"})
    ck_assert_msg(x509::is_dotted_oid(good), "%s", good);
  for (const char* const bad : {"", ".", "1", "1.", ".1.2", "1.2.", "1..2", "3.1", "9.1", "12.3", "12",
                                "1.2a", "a.1", "1.2 3", "1.2/3", "1.2:3", "1.2-3", "1,2"})
    ck_assert_msg(!x509::is_dotted_oid(bad), "%s", bad);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("kind");
  TCase* tc = tcase_create("kind");
  for (const auto* test : {kinds_by_policy, login_kinds_need_the_profile, kinds_by_usage, kind_names,
                           policies_of_a_kind_are_those_of_the_rules_and_the_published_ones,
                           object_identifiers_as_they_are_written})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person"}) key(name);
  return run_suite(suite());
}
