// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which of several valid paths a login takes, by the CRLs and the memory that are at hand.
#include "tests/unit/validator/two_roots.h"

namespace {

using namespace jpki;
using namespace jpki::test;

// --- what is at hand --------------------------------------------------------------------------------------
START_TEST(the_first_of_two_that_are_good_is_taken) {
  TwoRoots site;
  site.add(0);
  site.add(1);
  site.expect_chosen("g1", 1);
  site.rules = {ocsp_rule(), crl_rule()};
  site.expect_chosen("g1", 1);
  site.expect_asked_about(0);
}
END_TEST

START_TEST(a_revoked_authority_has_another_certificate) {
  TwoRoots site;
  site.add(0, {.reason = 4});
  site.add(1);
  site.expect_chosen("other", 2);
  ck_assert(site.check->begin(kNoon).has_value() && site.check->conclude(kNoon).has_value());
  // It is remembered, also without the CRL that told it.
  site.crls.files = {TwoRoots::crl_of_leaf()};
  site.add(1);
  site.expect_chosen("other", 2);
  // And where nothing is at hand about the other one, the network is asked about that, and no more.
  site.crls.files = {TwoRoots::crl_of_leaf()};
  site.rules = {ocsp_rule(), crl_rule()};
  site.expect_chosen("other", 2);
  site.expect_asked_about(1);
}
END_TEST

// Where a CRL calls one path good, no other one is hoped for.
START_TEST(what_a_crl_calls_good_goes_before_what_nothing_is_known_of) {
  const std::optional<AuthorityCrl> of_first[] = {
      std::nullopt,                    // none
      {{.published = kNoon - 72h}},    // stale
      {{.well_signed = false}},        // not the root's
      {{.reason = kCertificateHold}},  // on hold
  };
  for (const auto& crl : of_first)
    for (const bool online : {false, true}) {
      TwoRoots site;
      if (crl) site.add(0, *crl);
      site.add(1);
      if (online) site.rules = {ocsp_rule(), crl_rule()};
      site.expect_chosen("other", 2);
      if (online)
        site.expect_asked_about(1);
      else
        ck_assert(site.check->begin(kNoon).has_value() && site.check->conclude(kNoon).has_value());
    }
}
END_TEST

// A CRL vouches where a source in service takes it, and for as long as that does.
START_TEST(a_crl_counts_as_its_source_says) {
  TwoRoots site;
  site.add(0);
  site.add(1, {.published = kNoon - 1h});
  site.rules[0].max_age = 3h;
  site.expect_chosen("other", 2);
  site.rules[0].max_age = 48h;
  site.expect_chosen("g1", 1);
  site.rules[0].segment = "lgwan";  // not this terminal's
  site.expect_chosen("g1", 3);      // as any other
  site.rules = {ocsp_rule()};
  site.expect_chosen("g1", 3);
  // The person's own is no reason to take another path: it is the same on all of them.
  TwoRoots no_crl_of_leaf;
  no_crl_of_leaf.crls.files.clear();
  no_crl_of_leaf.add(0);
  no_crl_of_leaf.expect_chosen("g1", 1);
}
END_TEST

START_TEST(without_any_crl_the_platform_decides_about_the_first) {
  TwoRoots site;
  site.crls.files.clear();
  site.rules = {ocsp_rule(), crl_rule()};
  site.expect_chosen("g1", 3);
  site.expect_asked_about(0);
  site.platform_vouches(0);
  site.expect_chosen("g1", 3);
  ck_assert(site.check->begin(kNoon).has_value());
  const auto good = site.check->conclude(kNoon);
  ck_assert_msg(good.has_value(), "%s", good ? "" : good.error().clause.c_str());
  expect_text(good->source, "platform");
}
END_TEST

START_TEST(where_both_are_revoked_the_first_is_told) {
  TwoRoots site;
  site.add(0, {.reason = 4});
  site.add(1, {.reason = 1, .published = kNoon - 72h});
  site.expect_none(Verdict::kIssuerRevoked, "<1d old, depth 1", "g1", 2);
  TwoRoots reversed;
  std::ranges::reverse(reversed.pool);
  reversed.add(0, {.reason = 4});
  reversed.add(1, {.reason = 1, .published = kNoon - 72h});
  reversed.expect_none(Verdict::kIssuerRevoked, "<7d old, depth 1", "other", 2);
  // The log tells each.
  const auto again = reversed.choose();
  ck_assert(!again && again.error().tried.size() == 2);
  expect_contains(again.error().tried[1].clause, "remembered: a source reported it as revoked, depth 1");
}
END_TEST

START_TEST(the_order_decides_only_among_equals) {
  TwoRoots site;
  std::ranges::reverse(site.pool);
  site.add(0);
  site.add(1);
  site.expect_chosen("other", 1);
  site.crls.files.pop_back();
  site.expect_chosen("g1", 2);
}
END_TEST

// --- what no other path changes ---------------------------------------------------------------------------
START_TEST(a_revoked_person_is_refused_at_once) {
  TwoRoots site;
  site.add(0);
  site.add(1);
  site.crls.files[0] = TwoRoots::crl_of_leaf(true);
  site.expect_none(Verdict::kRevoked, "depth 0", "g1", 1);
  TwoRoots no_arl;
  no_arl.crls.files = {TwoRoots::crl_of_leaf(true)};
  no_arl.expect_none(Verdict::kRevoked, "depth 0", "g1", 1);
}
END_TEST

START_TEST(an_unreadable_memory_is_no_reason_to_look_further) {
  TwoRoots site;
  site.add(0);
  site.add(1);
  site.memory.unreadable = true;
  site.expect_none(Verdict::kRevocationMemoryUnusable, "Permission denied", "g1", 1);
}
END_TEST

// --- what is told at the end ------------------------------------------------------------------------------
// Person, authority, upper authority; what the platform says of each, by its issuer.
struct ThreeLevels : Site {
  const Blob upper_name = pki::distinguished_name({pki::country("JP"), pki::common_name("Upper CA")});
  enum class Said { kGood, kRevoked, kNothing };
  std::vector<Said> said;

  ThreeLevels() {
    const auto with_policy = [](pki::CertificateBuilder ca) {
      return ca.replace(pki::certificate_policies({kAuthPolicy}, true));
    };
    pool.push_back(
        decoded(with_policy(authority(upper_name, name_of_middle(), "middle")).sign(key("p384-other"))));
    pool.push_back(
        decoded(with_policy(authority(authority_name(), upper_name, "p384-other")).sign(key("root"))));
    leaf = decoded(person(name_of_middle(), "middle").sign(key("middle")));
    rules = {ocsp_rule()};
    crls.files.clear();
    platform_says([this](const fetch::FetchRequest&) { return answer(network.requests.size() - 1); });
  }
  ScriptedFetcher::Reply answer(std::size_t depth) const {
    if (said[depth] == Said::kNothing)
      return Unexpected{fetch::FetchError{fetch::FetchError::Reason::kTimeout, "time-out"}};
    const Blob issuers[] = {name_of_middle(), upper_name, authority_name()};
    const char* const keys[] = {"middle", "p384-other", "root"};
    auto answer = statement(kNoon, said[depth] == Said::kGood ? tocsp::good() : tocsp::revoked(kNoon - 1h));
    answer.responder_id = tocsp::by_name(issuers[depth]);
    answer.responses[0].id =
        tocsp::cert_id(pki::Digest::kSha1, issuers[depth], key(keys[depth]).subject_public_key_info(),
                       depth == 0 ? kSerialOfPerson : Blob{0x01});
    return answer.sign(key(keys[depth]));
  }
};

START_TEST(at_the_end_the_weightiest_reason_is_told) {
  using enum ThreeLevels::Said;
  const struct {
    std::vector<ThreeLevels::Said> said;
    Verdict verdict;
    std::size_t depth;
  } cases[] = {
      {{kRevoked, kRevoked, kNothing}, Verdict::kRevoked, 0},
      {{kRevoked, kNothing, kRevoked}, Verdict::kRevoked, 0},
      {{kNothing, kRevoked, kNothing}, Verdict::kIssuerRevoked, 1},
      {{kNothing, kGood, kRevoked}, Verdict::kIssuerRevoked, 2},
      {{kGood, kRevoked, kRevoked}, Verdict::kIssuerRevoked, 1},
      {{kGood, kNothing, kNothing}, Verdict::kRevocationUnknown, 1},
  };
  for (const auto& [said, verdict, depth] : cases) {
    ThreeLevels site;
    site.said = said;
    const auto result = site.login();
    ck_assert(!result && !site.early);
    expect_verdict(result.error().verdict, verdict, result.error().clause);
    ck_assert_uint_eq(result.error().depth, depth);
  }
  ThreeLevels good;
  good.said = {kGood, kGood, kGood};
  ck_assert(good.login().has_value());
}
END_TEST

Suite* path_choice_suite() {
  Suite* suite = suite_create("path_choice");
  TCase* tests = tcase_create("path_choice");
  for (const auto* test :
       {the_first_of_two_that_are_good_is_taken, a_revoked_authority_has_another_certificate,
        what_a_crl_calls_good_goes_before_what_nothing_is_known_of, a_crl_counts_as_its_source_says,
        without_any_crl_the_platform_decides_about_the_first, where_both_are_revoked_the_first_is_told,
        the_order_decides_only_among_equals, a_revoked_person_is_refused_at_once,
        an_unreadable_memory_is_no_reason_to_look_further, at_the_end_the_weightiest_reason_is_told})
    tcase_add_test(tests, test);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "middle", "p384-other"}) key(name);
  return run_suite(path_choice_suite());
}
