// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which issuer is tried first, where the search ends, and what is asked of the last certificate.
#include "tests/unit/validator/path_fixture.h"

namespace {

using namespace jpki;
using namespace jpki::test;

constexpr std::chrono::seconds kSecond{1};

// The person's authority A, as the root certified it.
pki::CertificateBuilder issuer() {
  return authority(authority_name(), unit_name("A"), "impostor");
}

// Certificates of that name with keys that nobody has, as many as `count`.
std::vector<Blob> decoys(
    unsigned count, const Change& change = [](auto&) {}) {
  std::vector<Blob> all;
  auto decoy = issuer();
  change(decoy);
  for (unsigned i = 0; i < count; ++i) {
    Blob modulus(256, 0xff);
    modulus[1] = static_cast<std::uint8_t>(i);
    modulus[2] = static_cast<std::uint8_t>(i >> 8);
    decoy.subject_public_key_info = der::sequence(
        {der::sequence({der::oid("1.2.840.113549.1.1.1"), der::null()}),
         der::bit_string(der::sequence({der::unsigned_integer(modulus), der::integer(65537)}))});
    all.push_back(decoy.sign(key("p384")));
  }
  return all;
}

// More decoys than are looked at, then the issuer.
Case behind_decoys(
    const Change& change_decoys, const Change& change_issuer = [](auto&) {}) {
  Case c;
  c.pool = decoys(path::kMaxIssuers + 1, change_decoys);
  auto last = issuer();
  change_issuer(last);
  c.pool.push_back(last.sign(key("root")));
  c.leaf = person(unit_name("A"), "impostor").sign(key("impostor"));
  return c;
}

void of_another_key(pki::CertificateBuilder& ca) {
  ca.replace(pki::subject_key_identifier(Blob(20, 0x55)));
}
void of_no_key(pki::CertificateBuilder& ca) {
  ca.remove(pki::oid::kSubjectKeyIdentifier);
}

// Many certificates of two authorities, the upper one of which nobody certified: longer paths are not looked
// for where nothing goes on.
START_TEST(a_search_ends_where_nothing_goes_on) {
  Case c;
  for (std::uint8_t i = 1; i <= 40; ++i) {
    auto lower = authority(unit_name("B"), unit_name("A"), "impostor");
    auto upper = authority(unit_name("nowhere"), unit_name("B"), "p384-b");
    lower.serial = upper.serial = {i};
    c.pool.push_back(lower.sign(key("p384-b")));
    c.pool.push_back(upper.sign(key("p384-c")));
  }
  c.leaf = person(unit_name("A"), "impostor").sign(key("impostor"));
  expect(c, Verdict::kCertificateUntrusted, "no further intermediate does, depth 2");
}
END_TEST

START_TEST(key_identifiers_tell_whom_to_try_first) {
  expect(behind_decoys([](auto&) {}), Verdict::kCertificateUntrusted, "too many issuers with one name");
  expect(behind_decoys(of_another_key), Verdict::kAccepted);
  expect(behind_decoys(of_no_key), Verdict::kAccepted);
  expect(behind_decoys(of_another_key, of_no_key), Verdict::kAccepted);
  expect(behind_decoys(of_no_key, of_another_key), Verdict::kCertificateUntrusted);
}
END_TEST

START_TEST(of_two_that_fit_as_well_the_one_that_is_valid_comes_first) {
  const auto within = [](Time from, Time to) {
    return [=](pki::CertificateBuilder& ca) {
      ca.not_before = from;
      ca.not_after = to;
    };
  };
  const auto over = within(kNow - kDay, kNow - kSecond), to_come = within(kNow + kSecond, kNow + kDay);
  for (const auto& invalid : {over, to_come})
    for (const auto& valid : {within(kNow - kDay, kNow + kDay), within(kNow, kNow + kDay),
                              within(kNow - kDay, kNow), within(kNow, kNow)})
      expect(behind_decoys(invalid, valid), Verdict::kAccepted);
  expect(behind_decoys(over, to_come), Verdict::kCertificateUntrusted);
  // The key identifier says more.
  expect(behind_decoys(of_no_key, over), Verdict::kIssuerExpired, "depth 1");
}
END_TEST

// An authority of that name whose key did not sign the person's certificate.
START_TEST(who_is_one_too_many_has_signed_nothing) {
  for (unsigned others = path::kMaxIssuers - 2; others < path::kMaxIssuers + 2; ++others) {
    Case c;
    c.pool = decoys(others);
    c.pool.push_back(authority(authority_name(), unit_name("A"), "p384")
                         .replace(pki::subject_key_identifier(key("impostor").key_identifier()))
                         .sign(key("root")));
    c.leaf = person(unit_name("A"), "impostor").sign(key("impostor"));
    expect(c, Verdict::kCertificateUntrusted);
    c.pool.push_back(issuer().sign(key("root")));
    expect(c, others + 1 < path::kMaxIssuers ? Verdict::kAccepted : Verdict::kCertificateUntrusted);
  }
}
END_TEST

// Not even where the second certificate of the same authority would help: here it maps the policy.
START_TEST(no_authority_comes_twice) {
  const auto mapping = [](pki::CertificateBuilder ca) {
    ca.replace(pki::certificate_policies({kAuthPolicy})).add(policy_mappings({{kAuthPolicy, "2.999.7"}}));
    return ca;
  };
  Case c;
  c.leaf = person(unit_name("A"), "impostor")
               .replace(pki::certificate_policies({"2.999.7"}))
               .sign(key("impostor"));
  c.pool = {issuer().sign(key("root")),
            mapping(authority(unit_name("A"), unit_name("A"), "impostor")).sign(key("impostor"))};
  expect(c, Verdict::kPolicyNotAccepted);
  // Of another one, and of the same key under another name, it would count.
  c.pool[1] = mapping(authority(unit_name("A"), unit_name("B"), "impostor")).sign(key("impostor"));
  c.leaf = person(unit_name("B"), "impostor")
               .replace(pki::certificate_policies({"2.999.7"}))
               .sign(key("impostor"));
  expect(c, Verdict::kAccepted);
}
END_TEST

// One signature is the person's, one each that of a certificate of its issuer.
START_TEST(signatures_are_bounded) {
  for (const bool one_more : {false, true}) {
    Case c;
    auto expired = issuer();
    expired.not_after = kNow - kSecond;
    for (unsigned i = 2; i < path::kMaxVerifications + (one_more ? 1 : 0); ++i) {
      expired.serial = {static_cast<std::uint8_t>(1 + i / 256), static_cast<std::uint8_t>(i % 256)};
      c.pool.push_back(expired.sign(key("root")));
    }
    auto last = issuer();
    of_another_key(last);
    c.pool.push_back(last.sign(key("root")));
    c.leaf = person(unit_name("A"), "impostor").sign(key("impostor"));
    expect(c, one_more ? Verdict::kIssuerExpired : Verdict::kAccepted);
    c.pool.back() = last.sign(key("p384"));  // not by the root
    expect(c, Verdict::kIssuerExpired);
  }
}
END_TEST

START_TEST(whole_paths_are_bounded) {
  Case c;
  c.anchors.clear();
  for (unsigned i = 1; i < path::kMaxCandidates; ++i) {
    c.anchors.push_back(anchor(root(), "retired"));
    c.anchors.back().accept_until = kNow;
  }
  c.anchors.push_back(anchor(root(), "last"));
  expect(c, Verdict::kAccepted, "last");
  c.anchors.insert(c.anchors.begin(), anchor(root(), "retired"));
  c.anchors.front().accept_until = kNow;
  expect(c, Verdict::kAnchorRetired, "anchor retired: accept_until has passed");
  int asked = 0;
  c.accept = [&](const auto&) -> std::optional<path::Refusal> {
    ++asked;
    return std::nullopt;
  };
  expect(c, Verdict::kAnchorRetired);
  ck_assert_int_eq(asked, 0);
}
END_TEST

START_TEST(both_the_caller_and_the_anchor_name_policies) {
  Case c;
  c.policy.initial_policies = {"1.2.1", "1.2.2"};
  c.anchors[0].constraints.policies = {"1.2.2", "1.2.3"};
  const auto with = [&](const char* policy) -> const Case& {
    c.leaf = person().replace(pki::certificate_policies({policy})).sign(key("root"));
    return c;
  };
  expect(with("1.2.2"), Verdict::kAccepted);
  for (const char* other : {"1.2.1", "1.2.3", "1.2.4"})
    expect(with(other), Verdict::kPolicyNotAccepted, "6.1.5(g)");
}
END_TEST

// 6.1.3(d)(2): of a self-issued certificate anyPolicy counts, unless it is the last one.
START_TEST(any_policy_of_the_last_certificate_is_inhibited) {
  Case c;
  auto leaf = person().replace(pki::certificate_policies({kAnyPolicy}));
  leaf.subject = authority_name();
  c.leaf = leaf.sign(key("root"));
  expect(c, Verdict::kAccepted);
  c.policy.inhibit_any = true;
  expect(c, Verdict::kPolicyNotAccepted, "6.1.3(f): no valid policy, depth 0");
}
END_TEST

// 6.1.5(b): of the last certificate only the demand that holds at once.
START_TEST(the_last_certificate_demands_a_policy_at_once_or_not_at_all) {
  Case c;
  c.policy.explicit_policy = false;
  const auto with = [&](std::uint8_t further) -> const Case& {
    c.leaf =
        person().remove(pki::oid::kCertificatePolicies).add(policy_constraints(further)).sign(key("root"));
    return c;
  };
  expect(with(0), Verdict::kPolicyNotAccepted, "6.1.5(g)");
  expect(with(1), Verdict::kAccepted);
}
END_TEST

START_TEST(a_refusal_tells_which_end_of_the_window_it_is) {
  Case c;
  c.anchors[0].accept_until = kNow;
  expect(c, Verdict::kAnchorRetired, "anchor g1: accept_until has passed");
  c.anchors[0].accept_until = kNow + kDay;
  c.anchors[0].accept_from = kNow + kSecond;
  expect(c, Verdict::kAnchorRetired, "anchor g1: accept_from is in the future");
  c.anchors[0].accept_until.reset();
  expect(c, Verdict::kAnchorRetired, "anchor g1: accept_from is in the future");
}
END_TEST

// Of two anchors for one authority: which the reason is of, and whether the caller gave it.
START_TEST(a_refusal_tells_its_anchor_and_whose_it_is) {
  Case c;
  c.anchors.push_back(anchor(root(), "again"));
  c.accept = [](const path::VerifiedCertificate& path) -> std::optional<path::Refusal> {
    return path::Refusal{Verdict::kIssuerRevoked, "by " + path.anchor().name};
  };
  const auto refused = [&](Verdict verdict, const std::string& clause, const std::string& anchor,
                           bool by_caller) {
    const auto path = validate_path(decoded(c.leaf), {}, c.anchors, c.policy, c.now, c.accept);
    ck_assert(!path);
    expect_verdict(path.error().verdict, verdict, path.error().clause);
    expect_contains(path.error().clause, clause);
    expect_text(path.error().anchor, anchor);
    ck_assert(path.error().by_caller == by_caller);
  };
  refused(Verdict::kIssuerRevoked, "by g1", "g1", true);
  c.anchors[0].accept_until = kNow;
  refused(Verdict::kIssuerRevoked, "by again", "again", true);
  c.anchors[1].accept_until = kNow;
  refused(Verdict::kAnchorRetired, "anchor g1", "g1", false);
  c.anchors.clear();
  refused(Verdict::kCertificateUntrusted, "no anchor", "", false);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("path_order");
  TCase* tc = tcase_create("path_order");
  tcase_set_timeout(tc, 60);
  for (const auto* test :
       {a_search_ends_where_nothing_goes_on, key_identifiers_tell_whom_to_try_first,
        of_two_that_fit_as_well_the_one_that_is_valid_comes_first, who_is_one_too_many_has_signed_nothing,
        no_authority_comes_twice, signatures_are_bounded, whole_paths_are_bounded,
        both_the_caller_and_the_anchor_name_policies, any_policy_of_the_last_certificate_is_inhibited,
        the_last_certificate_demands_a_policy_at_once_or_not_at_all,
        a_refusal_tells_which_end_of_the_window_it_is, a_refusal_tells_its_anchor_and_whose_it_is})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "impostor", "p384", "p384-b", "p384-c"}) key(name);
  return run_suite(suite());
}
