// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/path/policy_graph.h"

#include "tests/unit/support/expect.h"

namespace {

using namespace jpki;
using namespace jpki::test;
using path::PolicyGraph;

const std::string kAny = "2.5.29.32.0";
using Policies = std::vector<std::string>;

std::string text_of(const Policies& policies) {
  std::string text;
  for (const auto& policy : policies) text += policy + " ";
  return text;
}

void expect_policies(const PolicyGraph& graph, const Policies& acceptable, const Policies& expected) {
  expect_text(text_of(graph.user_constrained(acceptable)), text_of(expected));
}

START_TEST(intersection_along_the_path) {
  PolicyGraph graph;
  graph.add_certificate({"1.1", "1.2", "1.3"}, true);
  graph.add_certificate({"1.2", "1.3", "1.4"}, true);
  expect_policies(graph, {}, {"1.2", "1.3"});
  expect_policies(graph, {"1.3", "1.9"}, {"1.3"});
  graph.add_certificate({"1.4"}, true);
  ck_assert(graph.empty());
  expect_policies(graph, {}, {});
}
END_TEST

START_TEST(no_policies_end_all) {
  PolicyGraph graph;
  graph.add_certificate({kAny}, true);
  graph.add_certificate({}, true);
  ck_assert(graph.empty());
  graph.add_certificate({kAny}, true);
  graph.map({{"1.1", "2.1"}}, true);
  graph.map({{"1.1", "2.1"}}, false);
  ck_assert(graph.empty());
}
END_TEST

START_TEST(any_policy) {
  PolicyGraph graph;
  graph.add_certificate({kAny}, true);
  expect_policies(graph, {}, {kAny});
  expect_policies(graph, {"1.1"}, {"1.1"});
  graph.add_certificate({"1.1", kAny}, true);
  expect_policies(graph, {}, {"1.1", kAny});
  graph.add_certificate({"1.2"}, true);  // below anyPolicy, not below 1.1
  expect_policies(graph, {}, {"1.2"});

  PolicyGraph inhibited;
  inhibited.add_certificate({"1.1"}, true);
  inhibited.add_certificate({kAny}, false);
  ck_assert(inhibited.empty());

  PolicyGraph any_first;
  any_first.add_certificate({kAny, "1.1"}, true);
  expect_policies(any_first, {}, {"1.1", kAny});
  any_first.add_certificate({kAny, "1.2"}, false);
  expect_policies(any_first, {}, {"1.2"});
}
END_TEST

START_TEST(mapping) {
  PolicyGraph graph;
  graph.add_certificate({"1.1", "1.5"}, true);
  graph.map({{"1.1", "2.1"}, {"1.1", "2.2"}}, true);
  graph.add_certificate({"2.2"}, true);
  // In the terms of the anchor's domain.
  expect_policies(graph, {}, {"1.1"});
  expect_policies(graph, {"2.2"}, {});

  PolicyGraph unmapped;
  unmapped.add_certificate({"1.1"}, true);
  unmapped.map({{"1.1", "2.1"}}, true);
  unmapped.add_certificate({"1.1"}, true);  // stands for something else below the mapping
  ck_assert(unmapped.empty());

  PolicyGraph inhibited;
  inhibited.add_certificate({"1.1", "1.2"}, true);
  inhibited.map({{"1.1", "2.1"}}, false);
  expect_policies(inhibited, {}, {"1.2"});
  PolicyGraph below = inhibited;
  below.add_certificate({"1.1", "1.2", "2.1"}, true);
  expect_policies(below, {}, {"1.2"});
  inhibited.map({{"1.2", "2.2"}}, false);
  ck_assert(inhibited.empty());
}
END_TEST

// 6.1.4(b)(1): a policy that only anyPolicy stood for can be mapped too.
START_TEST(mapping_below_any_policy) {
  PolicyGraph graph;
  graph.add_certificate({kAny}, true);
  graph.map({{"1.1", "2.1"}}, true);
  graph.add_certificate({"2.1"}, true);
  expect_policies(graph, {}, {"1.1"});
  PolicyGraph other;
  other.add_certificate({kAny}, true);
  other.map({{"1.1", "2.1"}}, true);
  other.add_certificate({"1.1"}, true);
  expect_policies(other, {}, {"1.1"});  // by anyPolicy itself
}
END_TEST

// Two policies mapped to the same two, again and again: RFC 5280's tree doubles with each certificate.
START_TEST(no_exponential_growth) {
  PolicyGraph graph;
  for (int depth = 0; depth < 64; ++depth) {
    graph.add_certificate({"1.1", "1.2"}, true);
    graph.map({{"1.1", "1.1"}, {"1.1", "1.2"}, {"1.2", "1.1"}, {"1.2", "1.2"}}, true);
  }
  expect_policies(graph, {}, {"1.1", "1.2"});
}
END_TEST

// The most that decoding lets through, below anyPolicy that spreads all of it.
START_TEST(widest_certificates) {
  Policies many;
  std::vector<x509::PolicyMapping> mappings;
  for (int i = 0; i < 512; ++i) many.push_back("1." + std::to_string(i));
  for (int i = 0; i < 512; ++i) mappings.push_back({many[0], many[static_cast<std::size_t>(i)]});
  PolicyGraph graph;
  for (int depth = 0; depth < 8; ++depth) {
    graph.add_certificate(many, true);
    graph.map(mappings, true);
  }
  graph.add_certificate({kAny}, true);
  ck_assert_uint_eq(graph.user_constrained({}).size(), 512);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("policy_graph");
  TCase* tc = tcase_create("policy_graph");
  for (const auto* test : {intersection_along_the_path, no_policies_end_all, any_policy, mapping,
                           mapping_below_any_policy, no_exponential_growth, widest_certificates})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  return run_suite(suite());
}
