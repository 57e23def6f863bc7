// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which evidence decides (R7, R8, R14), with a clock and a network of the test's own.
#include "tests/unit/validator/sources_fixture.h"

#include <set>

namespace {

using namespace jpki;
using namespace jpki::test;
using Reason = fetch::FetchError::Reason;

// --- day and night ----------------------------------------------------------------------------------------
START_TEST(by_day_the_platform_decides) {
  Site site;
  site.platform_says(by_root(statement(kNoon - 2min)));
  site.expect_good("platform", 2min);
  ck_assert_uint_eq(site.network.requests.size(), 1);
}
END_TEST

START_TEST(by_night_the_crl_decides_and_nobody_is_asked) {
  Site site;
  site.now = kNight;
  site.expect_good("crl", 29h);
  ck_assert(site.network.requests.empty());
}
END_TEST

START_TEST(who_was_refused_at_noon_stays_refused_at_night) {
  Site site;
  site.platform_says(by_root(statement(kNoon - 2min, tocsp::revoked(kNoon - 1h, std::uint8_t{1}))));
  site.expect_refused(Verdict::kRevoked, "platform: RFC 6960 2.2: revoked, reason 1, <1h old, depth 0");
  ck_assert(!site.early && site.alarms.empty());
  site.now = kNight;
  site.expect_refused(Verdict::kRevoked, "remembered");
  ck_assert(site.early);
  // Nor does a platform that has forgotten revive the card the day after.
  site.now = kNoon + 24h;
  site.platform_says(by_root(statement(site.now - 1min)));
  site.expect_refused(Verdict::kRevoked, "remembered");
}
END_TEST

START_TEST(the_switch_is_at_the_second) {
  Site site;
  site.platform_says(by_root(statement(kNoon)));
  const Time opens = kNoon - 3h - 30min;  // 08:30
  site.crls.files = {crl_of(opens - 20h)};
  site.now = opens - 1s;
  site.expect_good("crl", 20h - 1s);
  site.now = opens;
  site.platform_says(by_root(statement(opens - 1min)));
  site.expect_good("platform", 1min);
}
END_TEST

// --- when the platform fails, the rule decides
// --------------------------------------------------------------
struct Failure {
  const char* result;   // in the trace
  const char* failure;  // in words
  void (*spoil)(Site&);
};

const Failure kFailures[] = {
    {"JPKI-402", "connection refused",
     [](Site& s) { s.platform_fails(Reason::kUnreachable, "connection refused"); }},
    {"JPKI-402", "time-out", [](Site& s) { s.platform_fails(Reason::kTimeout, "time-out"); }},
    {"JPKI-404", "RFC 6960 4.2.1",
     [](Site& s) {
       s.platform_says(Blob{'g', 'a', 'r', 'b', 'a', 'g', 'e'});
     }},
    {"JPKI-404", "RFC 6960 4.2.1", [](Site& s) { s.platform_says(Blob{}); }},
    {"JPKI-402", "tryLater", [](Site& s) { s.platform_says(tocsp::error_response(3)); }},
    {"JPKI-402", "not about this certificate",
     [](Site& s) {
       auto other = statement(kNoon);
       other.responses[0].id = tocsp::cert_id(pki::Digest::kSha1, authority_name(),
                                              key("root").subject_public_key_info(), Blob{0x77});
       s.platform_says(by_root(other));
     }},
    {"JPKI-403", "nextUpdate has passed", [](Site& s) { s.platform_says(by_root(statement(kNoon - 24h))); }},
    {"JPKI-403", "max_age",
     [](Site& s) {
       auto old = statement(kNoon - 21min);
       old.responses[0].next_update = kNoon + 24h;
       s.platform_says(by_root(old));
     }},
    {"JPKI-402", "unknown", [](Site& s) { s.platform_says(by_root(statement(kNoon, tocsp::unknown()))); }},
    {"JPKI-404", "RFC 6960", [](Site& s) { s.platform_says(statement(kNoon).sign(key("impostor"))); }},
    {"JPKI-404", "no nonce",
     [](Site& s) {
       s.rules[0].nonce = true;
       s.platform_says(by_root(statement(kNoon)));
     }},
    {"JPKI-404", "nonce is not the one",
     [](Site& s) {
       s.rules[0].nonce = true;
       auto replayed = statement(kNoon);
       replayed.extensions = {tocsp::nonce_extension(Blob(32, 1))};
       s.platform_says(by_root(replayed));
     }},
    {"JPKI-402", "neither the certificate nor the rule names a responder",
     [](Site& s) { s.rules[0].urls.clear(); }},
    {"JPKI-402", "ocsp-signer",
     [](Site& s) {
       s.anchors[0].functions = {trust::Function::kLogin, trust::Function::kRevocationData};
       s.platform_says(by_root(statement(kNoon)));
     }},
};

START_TEST(when_the_platform_fails_the_next_source_decides) {
  Site site;
  kFailures[_i].spoil(site);
  site.expect_good("crl", 20h);
  ck_assert_uint_eq(site.traces.size(), 2);
  expect_text(site.traces[0].source, "platform");
  expect_contains(site.traces[0].result, kFailures[_i].result);
  expect_contains(site.traces[0].failure, kFailures[_i].failure);
  expect_contains(site.traces[1].result, "good");
}
END_TEST

START_TEST(when_the_only_source_fails_nobody_is_good) {
  Site site;
  site.rules = {day_rule()};
  kFailures[_i].spoil(site);
  const auto result = site.login();
  ck_assert(!result);
  expect_text(code_of(result.error().verdict), kFailures[_i].result);
  expect_contains(result.error().clause, kFailures[_i].failure);
}
END_TEST

START_TEST(at_night_without_crls_the_refusal_tells_when_the_platform_opens) {
  Site site;
  site.rules.pop_back();
  site.now = kNight;
  site.expect_refused(Verdict::kRevocationUnknown, "platform: closed until 2024-06-04 08:30 +0900");
  ck_assert(site.early);
}
END_TEST

START_TEST(a_source_of_another_segment_is_not_asked) {
  Site site;
  site.rules[0].segment = "lgwan";
  site.segment = "mynumber";
  site.expect_good("crl", 20h);
  site.segment = "lgwan";
  site.platform_says(by_root(statement(kNoon)));
  site.expect_good("platform", 0s);
}
END_TEST

// --- CRLs -------------------------------------------------------------------------------------------------
START_TEST(revoked_by_a_crl_is_final_whatever_comes_first) {
  Site site;
  site.platform_says(by_root(statement(kNoon)));
  site.crls.files = {crl_of(kNoon - 20h, std::uint8_t{5})};
  site.expect_refused(Verdict::kRevoked, "crl: RFC 5280 6.3.3(j)");
  ck_assert(site.early && site.network.requests.empty());
  site.crls.files = {crl_of(kNoon - 20h)};
  site.expect_refused(Verdict::kRevoked, "remembered");
}
END_TEST

START_TEST(a_stale_crl_revokes_but_does_not_vouch) {
  Site site;
  site.platform_says(by_root(statement(kNoon)));
  site.crls.files = {crl_of(kNoon - 30 * kDay)};
  site.expect_good("platform", 0s);
  site.platform_fails(Reason::kUnreachable, "down");
  site.expect_refused(Verdict::kRevocationStale, "platform: down; crl: RFC 5280 6.3.3(a)");
  site.crls.files = {crl_of(kNoon - 30 * kDay, std::uint8_t{1})};
  site.expect_refused(Verdict::kRevoked, "crl: RFC 5280 6.3.3(j)");
}
END_TEST

START_TEST(a_rule_may_ask_for_a_younger_crl) {
  Site site;
  site.rules = {crl_rule()};
  site.rules[0].max_age = 20h;
  site.expect_good("crl", 20h);
  site.now += 1s;
  site.expect_refused(Verdict::kRevocationStale, "older than max_age_minutes");
  ck_assert(site.early);
}
END_TEST

START_TEST(a_crl_that_comes_first_spares_the_network) {
  Site site;
  site.rules = {crl_rule(), day_rule()};
  site.expect_good("crl", 20h);
  ck_assert(site.network.requests.empty());
  site.crls.files.clear();
  site.platform_says(by_root(statement(kNoon)));
  site.expect_good("platform", 0s);
}
END_TEST

// --- holds (certificateHold: a lost card)
// -------------------------------------------------------------------
START_TEST(a_hold_ends_with_a_newer_statement_and_not_before) {
  Site site;
  site.platform_says(by_root(statement(kNoon - 2min, tocsp::revoked(kNoon - 1h, std::uint8_t{6}))));
  site.expect_refused(Verdict::kRevoked, "reason 6");
  site.now = kNight;
  site.expect_refused(Verdict::kRevoked, "remembered: on hold, and this statement does not lift it");
  ck_assert(site.early);
  site.now = kNoon + 24h;
  site.platform_says(by_root(statement(site.now - 1min)));
  site.expect_good("platform", 1min);
  // The hold is over and forgotten: a CRL from before it counts again.
  site.now = kNight + 12h;
  site.expect_good("crl", 41h);
}
END_TEST

START_TEST(a_crl_newer_than_the_hold_lifts_it) {
  Site site;
  site.platform_says(by_root(statement(kNoon - 2min, tocsp::revoked(kNoon - 1h, std::uint8_t{6}))));
  site.expect_refused(Verdict::kRevoked, "reason 6");
  site.now = kNight;
  site.crls.files = {crl_of(kNoon - 2min)};
  site.expect_refused(Verdict::kRevoked, "on hold");
  site.crls.files = {crl_of(kNoon - 2min + 1s)};
  site.expect_good("crl", 9h + 2min - 1s);
}
END_TEST

START_TEST(a_newer_answer_lifts_the_hold_of_a_crl) {
  Site site;
  const Blob held = crl_of(kNoon - 12h, std::uint8_t{6});
  site.crls.files = {held};
  site.platform_says(by_root(statement(kNoon)));
  site.expect_good("platform", 0s);
  // While the CRL says so nothing is forgotten, and nothing but a newer answer counts.
  ck_assert(site.memory.recall(site.leaf, site.anchors[0].certificate)->has_value());
  site.platform_says(by_root(statement(kNoon - 12h)));
  site.expect_refused(Verdict::kRevoked, "crl: RFC 5280 6.3.3(j)");
  ck_assert(!site.early);
  site.platform_fails(Reason::kTimeout, "time-out");
  site.expect_refused(Verdict::kRevoked, "crl: RFC 5280 6.3.3(j)");
  site.now = kNight;
  site.expect_refused(Verdict::kRevoked, "crl: RFC 5280 6.3.3(j)");
  ck_assert(site.early);
  // Where no rule asks the CRLs they are looked at all the same.
  site.now = kNoon;
  site.rules.pop_back();
  site.expect_refused(Verdict::kRevoked, "on hold, and no newer statement lifts it; platform: time-out");
  // The next CRL is without it.
  site.now = kNoon + 12h;
  site.rules = {crl_rule()};
  site.crls.files = {crl_of(kNoon + 11h)};
  site.expect_good("crl", 1h);
  ck_assert(!site.memory.recall(site.leaf, site.anchors[0].certificate)->has_value());
}
END_TEST

START_TEST(a_hold_never_replaces_a_revocation) {
  Site site;
  site.platform_says(by_root(statement(kNoon - 2min, tocsp::revoked(kNoon - 1h, std::uint8_t{1}))));
  site.expect_refused(Verdict::kRevoked, "reason 1");
  ck_assert(site.memory.remember(site.leaf, site.anchors[0].certificate, {true, kNoon}).has_value());
  site.now = kNoon + 24h;
  site.platform_says(by_root(statement(site.now)));
  site.expect_refused(Verdict::kRevoked, "remembered");
}
END_TEST

// --- the memory fails
// ---------------------------------------------------------------------------------------
START_TEST(an_unreadable_memory_calls_nobody_good) {
  Site site;
  site.platform_says(by_root(statement(kNoon)));
  site.memory.unreadable = true;
  site.expect_refused(Verdict::kRevocationMemoryUnusable, "Permission denied");
  ck_assert(site.early && site.network.requests.empty());
}
END_TEST

START_TEST(a_full_disk_refuses_all_the_same_and_says_so) {
  Site site;
  site.platform_says(by_root(statement(kNoon, tocsp::revoked(kNoon - 1h))));
  site.memory.full = true;
  site.expect_refused(Verdict::kRevoked, "platform: RFC 6960 2.2: revoked");
  ck_assert_uint_eq(site.alarms.size(), 1);
  expect_contains(site.alarms[0], "JPKI-405");
  expect_contains(site.alarms[0], "No space left on device");
}
END_TEST

// --- every certificate below the anchor -------------------------------------------------------------------
START_TEST(intermediates_need_evidence_too) {
  Site site;
  const Blob middle_name = pki::distinguished_name({pki::country("JP"), pki::common_name("Middle CA")});
  auto middle = authority(authority_name(), middle_name, "middle");
  middle.replace(pki::certificate_policies({kAuthPolicy}, true));
  auto leaf = person(middle_name, "middle");
  site.leaf = decoded(leaf.sign(key("middle")));
  site.pool.push_back(decoded(middle.sign(key("root"))));
  auto own = city_crl("Chiyoda CRLDP");
  own.issuer = middle_name;
  own.this_update = kNoon - 2h;
  own.next_update = kNoon + 22h;
  site.rules = {crl_rule()};
  site.crls.files = {own.sign(key("middle"))};
  site.expect_refused(Verdict::kRevocationUnknown, "depth 1");
  auto arl = full_crl();
  arl.this_update = kNoon - 5h;
  arl.next_update = kNoon + 22h;
  site.crls.files.push_back(arl.sign(key("root")));
  site.expect_good("crl", 5h);
  ck_assert(site.traces.size() == 2 && site.traces[1].depth == 1);
  arl.revoke(Blob{0x01}, kNoon - 10h);
  site.crls.files[1] = arl.sign(key("root"));
  site.expect_refused(Verdict::kIssuerRevoked, "depth 1");
}
END_TEST

// No line that a login writes tells to the second, or to the hour, how old a CRL is: good, revoked, stale, on
// hold.
START_TEST(no_log_line_tells_when_a_crl_was_published) {
  const auto lines = [](Site& site) {
    const auto result = site.login();
    std::string text = result ? "" : result.error().clause;
    for (const auto& trace : site.traces) text += " " + trace.result + " " + trace.failure;
    return text;
  };
  for (const std::optional<std::uint8_t> reason :
       {std::optional<std::uint8_t>(), {std::uint8_t{1}}, {std::uint8_t{6}}})
    for (const Time when : {kNoon - 4h, kNoon - 20h, kNoon - 9 * 24h}) {
      std::set<std::string> told;
      for (const std::chrono::seconds later : {0s, 17s, 420s, 7200s}) {
        Site site;
        site.rules = {crl_rule()};
        site.crls.files = {crl_of(when + later, reason)};
        told.insert(lines(site));
      }
      ck_assert_msg(told.size() == 1, "%s\n%s", told.begin()->c_str(), told.rbegin()->c_str());
    }
}
END_TEST

Suite* sources_suite() {
  Suite* suite = suite_create("sources");
  TCase* tests = tcase_create("sources");
  const int failures = static_cast<int>(std::size(kFailures));
  tcase_add_test(tests, by_day_the_platform_decides);
  tcase_add_test(tests, by_night_the_crl_decides_and_nobody_is_asked);
  tcase_add_test(tests, who_was_refused_at_noon_stays_refused_at_night);
  tcase_add_test(tests, the_switch_is_at_the_second);
  tcase_add_loop_test(tests, when_the_platform_fails_the_next_source_decides, 0, failures);
  tcase_add_loop_test(tests, when_the_only_source_fails_nobody_is_good, 0, failures);
  tcase_add_test(tests, at_night_without_crls_the_refusal_tells_when_the_platform_opens);
  tcase_add_test(tests, a_source_of_another_segment_is_not_asked);
  tcase_add_test(tests, revoked_by_a_crl_is_final_whatever_comes_first);
  tcase_add_test(tests, a_stale_crl_revokes_but_does_not_vouch);
  tcase_add_test(tests, a_rule_may_ask_for_a_younger_crl);
  tcase_add_test(tests, a_crl_that_comes_first_spares_the_network);
  tcase_add_test(tests, a_hold_ends_with_a_newer_statement_and_not_before);
  tcase_add_test(tests, a_crl_newer_than_the_hold_lifts_it);
  tcase_add_test(tests, a_newer_answer_lifts_the_hold_of_a_crl);
  tcase_add_test(tests, a_hold_never_replaces_a_revocation);
  tcase_add_test(tests, an_unreadable_memory_calls_nobody_good);
  tcase_add_test(tests, a_full_disk_refuses_all_the_same_and_says_so);
  tcase_add_test(tests, intermediates_need_evidence_too);
  tcase_add_test(tests, no_log_line_tells_when_a_crl_was_published);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "impostor", "middle"}) (void)key(name);
  return run_suite(sources_suite());
}
