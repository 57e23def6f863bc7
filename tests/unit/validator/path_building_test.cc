// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which paths are built, in which order, within which bounds, and what is told about those that fail.
#include "tests/unit/validator/path_fixture.h"

#include <algorithm>
#include <chrono>

namespace {

using namespace jpki;
using namespace jpki::test;

constexpr std::chrono::seconds kBound{10};  // with sanitizers and valgrind in mind; usually far below one

Blob cross(
    std::string_view from, std::string_view to, const std::string& issuer_key, const std::string& subject_key,
    const Change& change = [](auto&) {}) {
  auto certificate = authority(unit_name(from), unit_name(to), subject_key);
  change(certificate);
  return certificate.sign(key(issuer_key));
}

Blob from_root(
    std::string_view to, const std::string& subject_key, const Change& change = [](auto&) {}) {
  auto certificate = authority(authority_name(), unit_name(to), subject_key);
  change(certificate);
  return certificate.sign(key("root"));
}

// Two ways from the person's authority C to the root: over A and over B.
Case two_ways(
    const Change& change_a = [](auto&) {}, const Change& change_b = [](auto&) {}) {
  Case c;
  c.pool = {from_root("A", "p384-a", change_a), from_root("B", "p384-b", change_b),
            cross("A", "C", "p384-a", "p384-c"), cross("B", "C", "p384-b", "p384-c")};
  c.leaf = person(unit_name("C"), "p384-c").sign(key("p384-c"));
  return c;
}

START_TEST(second_way_when_the_first_fails) {
  const auto expired = [](pki::CertificateBuilder& ca) { ca.not_after = kNow - kDay; };
  expect(two_ways(), Verdict::kAccepted);
  expect(two_ways(expired), Verdict::kAccepted);
  expect(two_ways([](auto&) {}, expired), Verdict::kAccepted);
  const auto no_ca = [](pki::CertificateBuilder& ca) { ca.replace(pki::basic_constraints(false)); };
  const Case both = two_ways(expired, no_ca);
  expect(both, Verdict::kIssuerExpired, "depth 2");  // of two that came as far the first
  std::vector<path::TriedPath> tried;
  both.verdict(nullptr, nullptr, &tried);
  ck_assert_uint_eq(tried.size(), 2);
  for (const auto& path : tried) {
    expect_text(path.anchor, "g1");
    ck_assert_uint_eq(path.length, 4);
  }
  ck_assert(tried[0].verdict == Verdict::kIssuerExpired);
  ck_assert(tried[1].verdict == Verdict::kCertificateUnacceptable);
}
END_TEST

START_TEST(caller_may_ask_for_the_next) {
  Case c = two_ways();
  std::vector<const x509::Certificate*> seen;
  unsigned refusals = 1;
  c.accept = [&](const path::VerifiedCertificate& path) -> std::optional<path::Refusal> {
    ck_assert_uint_eq(path.chain().size(), 3);
    seen.push_back(path.chain()[1]);
    if (refusals-- > 0) return path::Refusal{Verdict::kRevoked, "revoked, depth 2"};
    return std::nullopt;
  };
  expect(c, Verdict::kAccepted);
  ck_assert(seen.size() == 2 && seen[0] != seen[1]);
  refusals = 2;
  expect(c, Verdict::kRevoked, "revoked, depth 2");
  // What the caller says is further than a window that is over.
  c.anchors.push_back(anchor(root(), "retired"));
  c.anchors[1].accept_until = kNow;
  refusals = 2;
  expect(c, Verdict::kRevoked);
}
END_TEST

START_TEST(a_caller_may_end_the_search) {
  unsigned asked = 0;
  bool ends = true;
  Case c = two_ways();
  c.accept = [&](const path::VerifiedCertificate&) -> std::optional<path::Refusal> {
    ++asked;
    return path::Refusal{Verdict::kRevoked, "revoked, depth 0", ends};
  };
  const auto expect_asked = [&](unsigned times) {
    asked = 0;
    expect(c, Verdict::kRevoked, "revoked, depth 0");
    ck_assert_uint_eq(asked, times);
  };
  expect_asked(1);
  // Nor is another anchor tried for the same authority.
  c.anchors.push_back(anchor(root(), "again"));
  expect_asked(1);
  ends = false;
  expect_asked(4);
}
END_TEST

START_TEST(retired_only_when_nothing_else_is_wrong) {
  Case c = two_ways([](pki::CertificateBuilder& ca) { ca.not_after = kNow - kDay; });
  c.anchors[0].accept_until = kNow;
  expect(c, Verdict::kAnchorRetired);
  std::vector<path::TriedPath> tried;
  c.verdict(nullptr, nullptr, &tried);
  ck_assert_uint_eq(tried.size(), 2);
  Case wrong = two_ways();
  wrong.anchors[0].accept_until = kNow;
  wrong.policy.initial_policies = {"1.2.3"};
  expect(wrong, Verdict::kPolicyNotAccepted);
}
END_TEST

// Old generation, new generation, and all four certificates of RFC 4210 4.4 between them.
START_TEST(roll_over_both_ways) {
  Case c;
  c.pool = {root("p384-a"), root("root"),
            authority(authority_name(), authority_name(), "p384-a").sign(key("root")),
            authority(authority_name(), authority_name(), "root").sign(key("p384-a"))};
  c.leaf = person(authority_name(), "p384-a").sign(key("p384-a"));
  std::size_t length = 0;
  expect_verdict(c.verdict(nullptr, &length), Verdict::kAccepted, "");
  ck_assert_uint_eq(length, 2);
  c.anchors = store_of(root("p384-a"));
  c.leaf = person().sign(key("root"));
  expect_verdict(c.verdict(nullptr, &length), Verdict::kAccepted, "");
  ck_assert_uint_eq(length, 2);
  c.anchors = store_of(root("p384-b"));  // a third one of the same name
  expect(c, Verdict::kCertificateUntrusted, "6.1.3(a)(1)");
}
END_TEST

START_TEST(generations_without_key_identifiers) {
  const auto bare = [](const std::string& key_name) {
    return authority(authority_name(), authority_name(), key_name)
        .remove(pki::oid::kSubjectKeyIdentifier)
        .sign(key(key_name));
  };
  Case c;
  c.anchors = store_of(bare("p384-a"));
  c.anchors.push_back(anchor(bare("root"), "second"));
  c.leaf = person().remove(pki::oid::kAuthorityKeyIdentifier).sign(key("root"));
  expect(c, Verdict::kAccepted, "second");
}
END_TEST

constexpr int kCliqueSize = 20;

std::string member(int i) {
  return "p384-clique-" + std::to_string(i);
}

// Everybody certifies everybody, with unit names and keys of their own.
Case clique(int size = kCliqueSize) {
  Case c;
  for (int from = 0; from < size; ++from)
    for (int to = 0; to < size; ++to)
      if (from != to) c.pool.push_back(cross(member(from), member(to), member(from), member(to)));
  c.leaf = person(unit_name(member(0)), member(0)).sign(key(member(0)));
  return c;
}

void expect_within_bound(const Case& c, Verdict verdict, const std::string& detail) {
  const auto begin = std::chrono::steady_clock::now();
  expect(c, verdict, detail);
  ck_assert(std::chrono::steady_clock::now() - begin < kBound);
}

START_TEST(clique_of_cross_certificates) {
  Case c = clique();
  // Many keys, or few keys and many ways; told once.
  for (const auto& [size, why] : {std::pair(kCliqueSize, "too many signatures"), {10, "too many paths"}}) {
    const Case closed = clique(size);
    expect_within_bound(closed, Verdict::kCertificateUntrusted, std::string("path building: ") + why);
    std::vector<path::TriedPath> tried;
    closed.verdict(nullptr, nullptr, &tried);
    const auto ended = std::ranges::count_if(
        tried, [](const path::TriedPath& path) { return path.clause.starts_with("path building: "); });
    // That nothing else is looked for is told behind what was tried, where the list still has room for it.
    const bool room = tried.size() < path::kMaxTriedPaths;
    ck_assert(room || size != kCliqueSize);
    ck_assert_int_le(ended, 1);
    if (room) ck_assert_int_eq(ended, 1);
  }
  // One member is certified by the root: found although the search could lose itself in longer ways.
  c.pool.push_back(from_root(member(kCliqueSize - 1), member(kCliqueSize - 1)));
  expect_within_bound(c, Verdict::kAccepted, "g1");
}
END_TEST

// `count` certificates of unit A, each with a key that nobody has; no signature of theirs is good.
std::vector<Blob> decoys(unsigned count, bool key_identifier) {
  auto builder = authority(authority_name(), unit_name("A"), "intermediate");
  builder.replace(pki::subject_key_identifier(Blob(20, 0x55)));
  if (!key_identifier) builder.remove(pki::oid::kSubjectKeyIdentifier);
  const Blob model = builder.sign(key("root"));
  const Blob info = key("intermediate").subject_public_key_info();
  const auto offset = std::search(model.begin(), model.end(), info.begin(), info.end()) - model.begin() + 100;
  std::vector<Blob> out;
  for (unsigned i = 0; i < count; ++i) {
    out.push_back(model);
    out.back()[static_cast<std::size_t>(offset)] = static_cast<std::uint8_t>(i);
    out.back()[static_cast<std::size_t>(offset) + 1] = static_cast<std::uint8_t>(i >> 8);
  }
  return out;
}

START_TEST(thousands_of_one_name) {
  Case c;
  c.leaf = person(unit_name("A"), "impostor").sign(key("impostor"));
  c.pool = decoys(3000, true);
  c.pool.push_back(from_root("A", "impostor"));
  expect_within_bound(c, Verdict::kAccepted, "g1");  // its key identifier comes first
  c.leaf = person(unit_name("A"), "impostor").remove(pki::oid::kAuthorityKeyIdentifier).sign(key("impostor"));
  expect_within_bound(c, Verdict::kCertificateUntrusted, "too many issuers with one name");
  std::vector<path::TriedPath> tried;
  c.verdict(nullptr, nullptr, &tried);
  ck_assert_uint_eq(tried.size(), path::kMaxTriedPaths);
}
END_TEST

// The issuer's own issuer is looked for although its namesakes were too many.
START_TEST(thousands_of_one_name_below_another) {
  Case c;
  c.leaf = person(unit_name("A"), "impostor").sign(key("impostor"));
  c.pool = decoys(1000, true);
  c.pool.push_back(cross("B", "A", "p384-b", "impostor"));
  c.pool.push_back(from_root("B", "p384-b"));
  expect_within_bound(c, Verdict::kAccepted, "g1");
}
END_TEST

// One signature to verify, whatever the number of certificates for the key.
START_TEST(thousands_of_one_key) {
  Case c;
  c.leaf = person(unit_name("A"), "impostor").sign(key("impostor"));
  const Blob unsigned_one = cross("X", "A", "short", "impostor");
  c.pool.assign(1000, unsigned_one);
  c.pool.push_back(from_root("A", "impostor"));
  expect_within_bound(c, Verdict::kAccepted, "g1");
}
END_TEST

START_TEST(longest_path) {
  Case c;
  c.policy.max_path_length = 3;
  c.pool = {from_root("A", "p384-a"), cross("A", "B", "p384-a", "p384-b"),
            cross("B", "C", "p384-b", "p384-c")};
  c.leaf = person(unit_name("C"), "p384-c").sign(key("p384-c"));
  expect(c, Verdict::kAccepted);
  c.policy.max_path_length = 2;
  expect(c, Verdict::kCertificateUntrusted);
}
END_TEST

START_TEST(dead_ends_are_told) {
  Case c;
  c.pool = {cross("B", "A", "p384-b", "p384-a")};
  c.leaf = person(unit_name("A"), "p384-a").sign(key("p384-a"));
  expect(c, Verdict::kCertificateUntrusted, "no further intermediate does, depth 1");
  std::vector<path::TriedPath> tried;
  c.verdict(nullptr, nullptr, &tried);
  ck_assert_uint_eq(tried.size(), 1);
  expect_text(tried[0].anchor, "");
  ck_assert_uint_eq(tried[0].length, 2);
}
END_TEST

START_TEST(functions_of_anchors) {
  Case c;
  c.anchors[0].functions = {trust::Function::kRevocationData};  // R4: its revocation data alone
  expect(c, Verdict::kCertificateUntrusted, "does not have the function login");
  c.policy.function = trust::Function::kRevocationData;
  expect(c, Verdict::kAccepted);
}
END_TEST

START_TEST(constraints_of_the_administrator) {
  const auto with = [](const std::function<void(trust::Constraints&)>& constrain) {
    Case c = through_intermediate([](auto&) {});
    c.policy.initial_policies.clear();
    c.policy.explicit_policy = false;
    constrain(c.anchors[0].constraints);
    return c;
  };
  expect(with([](auto& anchor) { anchor.path_length = 1; }), Verdict::kAccepted);
  expect(with([](auto& anchor) { anchor.path_length = 0; }), Verdict::kCertificateUnacceptable, "6.1.4(l)");
  expect(with([](auto& anchor) { anchor.policies = {kAuthPolicy}; }), Verdict::kAccepted);
  expect(with([](auto& anchor) { anchor.policies = {"1.2.3"}; }), Verdict::kPolicyNotAccepted, "6.1.5(g)");
  expect(with([](auto& anchor) { anchor.inhibit_any = true; }), Verdict::kAccepted);  // none is demanded
  expect(with([](auto& anchor) { anchor.inhibit_any = anchor.explicit_policy = true; }),
         Verdict::kPolicyNotAccepted, "6.1.3(f)");
  Case disjoint = with([](auto& anchor) { anchor.policies = {"1.2.3"}; });
  disjoint.policy.initial_policies = {kAuthPolicy};
  expect(disjoint, Verdict::kPolicyNotAccepted,
         "RFC 5937 3.2: the anchor vouches for no acceptable policy, depth 2");
}
END_TEST

// RFC 5937 3.2: what the anchor's certificate says about its own paths.
START_TEST(constraints_of_the_anchor_certificate) {
  const auto with = [](const pki::Extension& extension) {
    Case c = through_intermediate([](auto&) {});
    auto certificate = authority(authority_name(), authority_name(), "root");
    c.anchors = store_of(certificate.replace(extension).sign(key("root")));
    return c;
  };
  const auto bad = Verdict::kCertificateUnacceptable;
  expect(with(pki::basic_constraints(true, 1)), Verdict::kAccepted);
  expect(with(pki::basic_constraints(true, 0)), bad, "6.1.4(l)");
  expect(with(name_constraints({dns("a.test")})), Verdict::kAccepted);
  expect(with(name_constraints({pki::directory_name(person_name())})), bad, "6.1.3(b)");
  expect(with(inhibit_any_policy(0)), Verdict::kPolicyNotAccepted, "6.1.3(f)");
  expect(with(pki::certificate_policies({"1.2.3"})), Verdict::kAccepted);
  expect(with(pki::key_usage({pki::KeyUsage::kCrlSign})), bad, "6.1.4(n)");
}
END_TEST

// A bridge: the other domain's policy stands for ours.
START_TEST(policy_mappings_over_a_bridge) {
  const auto over_bridge = [](const Change& change) {
    Case c = through_intermediate([&](auto& ca) {
      ca.replace(pki::certificate_policies({kAuthPolicy})).add(policy_mappings({{kAuthPolicy, "2.999.7"}}));
      change(ca);
    });
    c.leaf = person(unit_name("A"), "intermediate")
                 .replace(pki::certificate_policies({"2.999.7"}))
                 .sign(key("intermediate"));
    return c;
  };
  Case c = over_bridge([](auto&) {});
  expect(c, Verdict::kAccepted);
  c.policy.inhibit_mapping = true;
  expect(c, Verdict::kPolicyNotAccepted);
  c.policy.inhibit_mapping = false;
  c.anchors[0].constraints.inhibit_mapping = true;
  expect(c, Verdict::kPolicyNotAccepted);
  expect(over_bridge([](auto& ca) {
           ca.replace(policy_mappings({{kAnyPolicy, "2.999.7"}}));
         }),
         Verdict::kCertificateUnacceptable, "6.1.4(a)");
  expect(over_bridge([](auto& ca) { ca.remove("2.5.29.33"); }), Verdict::kPolicyNotAccepted);
}
END_TEST

START_TEST(policy_constraints_of_an_authority) {
  Case c = through_intermediate([](auto& ca) { ca.add(policy_constraints(0)); });
  c.policy.explicit_policy = false;
  c.leaf =
      person(unit_name("A"), "intermediate").remove(pki::oid::kCertificatePolicies).sign(key("intermediate"));
  expect(c, Verdict::kPolicyNotAccepted, "6.1.3(f)");
  c.pool = through_intermediate([](auto&) {}).pool;
  expect(c, Verdict::kAccepted);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("path_building");
  TCase* tc = tcase_create("path_building");
  tcase_set_timeout(tc, 120);
  for (const auto* test :
       {second_way_when_the_first_fails, caller_may_ask_for_the_next, a_caller_may_end_the_search,
        retired_only_when_nothing_else_is_wrong, roll_over_both_ways, generations_without_key_identifiers,
        clique_of_cross_certificates, thousands_of_one_name, thousands_of_one_name_below_another,
        thousands_of_one_key, longest_path, dead_ends_are_told, functions_of_anchors,
        constraints_of_the_administrator, constraints_of_the_anchor_certificate,
        policy_mappings_over_a_bridge, policy_constraints_of_an_authority})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name :
       {"root", "person", "short", "intermediate", "impostor", "p384-a", "p384-b", "p384-c"})
    key(name);
  for (int i = 0; i < kCliqueSize; ++i) key(member(i));
  return run_suite(suite());
}
