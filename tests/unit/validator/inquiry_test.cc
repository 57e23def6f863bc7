// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the sources say together: holds, answers that are kept, several certificates of one path.
#include "tests/unit/validator/sources_fixture.h"

namespace {

using namespace jpki;
using namespace jpki::test;
using Reason = fetch::FetchError::Reason;

constexpr char kInternet[] = "http://internet.example/";

// An answer that counts however old it is.
tocsp::ResponseBuilder old_statement(Time when) {
  auto answer = statement(when);
  answer.responses[0].next_update = kNoon + 1h;
  return answer;
}

// --- holds ------------------------------------------------------------------------------------------------
START_TEST(a_hold_stays_one_before_an_older_answer) {
  Site site;
  site.rules = {ocsp_rule()};
  const auto& issuer = site.anchors[0].certificate;
  ck_assert(site.memory.remember(site.leaf, issuer, {true, kNoon - 2min}).has_value());
  for (const Time older : {kNoon - 3min, kNoon - 2min}) {
    site.platform_says(by_root(statement(older)));
    site.expect_refused(Verdict::kRevoked, "platform: remembered: on hold, and this statement does not");
    const auto remembered = *site.memory.recall(site.leaf, issuer);
    ck_assert(remembered && remembered->on_hold && remembered->this_update == kNoon - 2min);
  }
  site.platform_says(by_root(statement(kNoon - 1min)));
  site.expect_good("platform", 1min);
  ck_assert(!site.memory.recall(site.leaf, issuer)->has_value() && site.alarms.empty());
}
END_TEST

START_TEST(of_two_holds_the_newer_one_has_to_be_lifted) {
  for (const auto& [remembered, listed] : {std::pair(4h, 2h), {2h, 4h}, {2h, 2h}}) {
    Site site;
    site.rules = {ocsp_rule()};
    site.rules[0].max_age = 48h;
    const auto& issuer = site.anchors[0].certificate;
    ck_assert(site.memory.remember(site.leaf, issuer, {true, kNoon - remembered}).has_value());
    site.crls.files = {crl_of(kNoon - listed, kCertificateHold)};
    site.platform_says(by_root(old_statement(kNoon - 3h)));
    site.expect_refused(Verdict::kRevoked, "this statement does not lift it");
    site.platform_says(by_root(old_statement(kNoon - 1h)));
    site.expect_good("platform", 1h);
  }
}
END_TEST

// RFC 5280 5.2.4: a hold that a delta told ends there by removeFromCRL; one without the certificate says
// nothing.
START_TEST(a_delta_that_is_silent_does_not_lift_a_remembered_hold) {
  const auto delta_of = [](Time when, std::optional<std::uint8_t> reason) {
    auto crl = city_crl("Chiyoda CRLDP").replace(pki::crl_number(9)).add(pki::delta_crl_indicator(7));
    crl.this_update = when;
    crl.next_update = when + kDay;
    crl.entries.clear();
    if (reason) crl.revoke(kPersonSerial, when - 1h, *reason);
    return crl.sign(key("root"));
  };
  Site site;
  site.rules = {crl_rule()};
  const Blob base = crl_of(kNoon - 20h);
  site.crls.files = {base, delta_of(kNoon - 3h, kCertificateHold)};
  site.expect_refused(Verdict::kRevoked, "as on hold");
  const Blob silent = delta_of(kNoon - 2h, std::nullopt);
  site.crls.files = {base, silent};
  site.expect_refused(Verdict::kRevoked, "crl: remembered: on hold, and this statement does not lift it");
  ck_assert(site.memory.recall(site.leaf, site.anchors[0].certificate)->has_value());
  // A base of the time of the hold tells no more of it than the delta does.
  site.crls.files = {crl_of(kNoon - 3h), silent};
  site.expect_refused(Verdict::kRevoked, "this statement does not lift it");
  for (const auto& lifting : {std::deque{base, delta_of(kNoon - 2h, std::uint8_t{8})},
                              {crl_of(kNoon - 3h + 1s), silent},
                              {crl_of(kNoon - 1h)}}) {
    Site later;
    later.rules = {crl_rule()};
    const auto& issuer = later.anchors[0].certificate;
    ck_assert(later.memory.remember(later.leaf, issuer, {true, kNoon - 3h}).has_value());
    later.crls.files = lifting;
    ck_assert(later.login().has_value());
    ck_assert(!later.memory.recall(later.leaf, issuer)->has_value());
  }
}
END_TEST

START_TEST(a_lifted_hold_that_cannot_be_forgotten_is_told) {
  Site site;
  site.platform_says(by_root(statement(kNoon)));
  ck_assert(site.memory.remember(site.leaf, site.anchors[0].certificate, {true, kNoon - 2min}).has_value());
  site.memory.full = true;
  site.expect_good("platform", 0s);
  ck_assert_uint_eq(site.alarms.size(), 1);
  expect_contains(site.alarms[0], "a lifted hold stays remembered: evidence: No space left on device");
}
END_TEST

START_TEST(a_hold_by_the_crl_that_comes_first_spares_the_network) {
  Site site;
  site.rules = {crl_rule(), ocsp_rule()};
  site.crls.files = {crl_of(kNoon - 12h, kCertificateHold)};
  site.platform_says(by_root(statement(kNoon)));
  site.expect_refused(Verdict::kRevoked, "crl: RFC 5280 6.3.3(j)");
  ck_assert(site.early && site.network.requests.empty());
}
END_TEST

// A CRL of the last hour would tell when it was published.
START_TEST(no_word_tells_how_young_a_crl_is) {
  for (const std::optional<std::uint8_t> reason :
       {std::optional<std::uint8_t>(), {std::uint8_t{1}}, {kCertificateHold}}) {
    Site site;
    site.rules = {crl_rule()};
    site.crls.files = {crl_of(kNoon - 30min, reason)};
    const auto result = site.login();
    ck_assert(result.has_value() == !reason.has_value());
    if (result)
      expect_text(site.traces.at(0).result, "good:<1d");
    else
      expect_contains(result.error().clause, ", <1d old, depth 0");
  }
}
END_TEST

// --- what is kept -----------------------------------------------------------------------------------------
START_TEST(without_a_cache_every_login_asks) {
  Site site;
  site.with_cache = false;
  site.rules[0].freshness = schedule::Freshness::kCached;
  site.platform_says(by_root(statement(kNoon)));
  site.expect_good("platform", 0s);
  site.expect_good("platform", 0s);
  ck_assert_uint_eq(site.network.requests.size(), 2);
}
END_TEST

START_TEST(a_kept_answer_spares_the_further_sources_too) {
  Site site;
  site.rules = {ocsp_rule(), ocsp_rule("internet", kInternet)};
  site.rules[0].freshness = schedule::Freshness::kCached;
  site.platform_says(by_root(statement(kNoon)));
  site.expect_good("platform", 0s);
  ck_assert_uint_eq(site.network.requests.size(), 2);
  site.expect_good("platform", 0s);
  ck_assert_uint_eq(site.network.requests.size(), 2);
  ck_assert(site.alarms.empty() && site.traces.size() == 1);
  expect_text(site.traces[0].result, "good-kept:<1h");
  ck_assert(!site.traces[0].asked && !site.traces[0].answered);
}
END_TEST

START_TEST(an_answer_that_cannot_be_kept_is_told) {
  Site site;
  site.rules[0].freshness = schedule::Freshness::kCached;
  site.platform_says(by_root(statement(kNoon)));
  std::filesystem::remove_all(site.directory.path());
  site.expect_good("platform", 0s);
  ck_assert_uint_eq(site.alarms.size(), 1);
  expect_contains(site.alarms[0], "an OCSP answer cannot be stored: ");
  // Where nothing is to be kept nothing is missed.
  site.rules[0].freshness = schedule::Freshness::kHard;
  site.expect_good("platform", 0s);
  ck_assert_uint_eq(site.alarms.size(), 1);
}
END_TEST

// --- several sources --------------------------------------------------------------------------------------
START_TEST(who_came_too_late_to_be_asked_says_nothing) {
  Site site;
  site.with_network = false;
  site.expect_good("crl", 20h);
  expect_contains(site.traces[0].failure, "came into service too late to be asked");
  expect_text(site.traces[0].result, "JPKI-402");
  site.rules.pop_back();
  site.expect_refused(Verdict::kRevocationUnknown, "platform: came into service too late");
  ck_assert(site.early);
}
END_TEST

// Whatever stands between the source that decides and the one that says "revoked".
START_TEST(revoked_is_heard_behind_a_source_without_an_answer) {
  Site site;
  site.rules = {ocsp_rule(), crl_rule(), ocsp_rule("kept", "http://kept.example/"),
                ocsp_rule("internet", kInternet)};
  site.crls.files.clear();
  site.platform_says(by_root(statement(kNoon)));
  site.network.script[kInternet] = [](const auto&) {
    return by_root(statement(kNoon - 24h, tocsp::revoked(kNoon - 48h)));
  };
  site.expect_refused(Verdict::kRevoked, "internet: RFC 6960 2.2: revoked");
  // Nobody is asked behind one that is kept.
  Site other;
  other.rules = site.rules;
  other.crls.files.clear();
  other.network.script = site.network.script;
  other.rules[2].freshness = schedule::Freshness::kCached;
  const Blob kept = by_root(statement(kNoon));
  ck_assert(
      other.cache.keep("kept", other.leaf, other.anchors[0].certificate, kept, kNoon + 10min).has_value());
  other.expect_good("platform", 0s);
  ck_assert_uint_eq(other.traces.size(), 3);
  expect_text(other.traces[2].result, "not-needed");
}
END_TEST

START_TEST(the_failure_that_came_furthest_is_told) {
  const Blob stale = by_root(statement(kNoon - 24h));
  const Blob invalid = statement(kNoon).sign(key("impostor"));
  const Blob nothing = tocsp::error_response(3);
  const struct {
    const Blob& first;
    const Blob& second;
    Verdict verdict;
  } cases[] = {
      {stale, invalid, Verdict::kRevocationStale},     {invalid, stale, Verdict::kRevocationStale},
      {stale, nothing, Verdict::kRevocationStale},     {nothing, stale, Verdict::kRevocationStale},
      {invalid, nothing, Verdict::kRevocationInvalid}, {nothing, invalid, Verdict::kRevocationInvalid},
      {nothing, nothing, Verdict::kRevocationUnknown}};
  for (const auto& [first, second, verdict] : cases) {
    Site site;
    site.rules = {ocsp_rule(), ocsp_rule("internet", kInternet)};
    site.platform_says(first);
    const Blob& other = second;
    site.network.script[kInternet] = [&](const auto&) { return other; };
    site.expect_refused(verdict, "; internet: ");
  }
}
END_TEST

// The words about the clock are for those who can do something about it.
START_TEST(a_clock_is_called_slow_where_it_made_an_answer_worthless) {
  const auto failure = [](Site& site) {
    site.rules = {ocsp_rule()};
    ck_assert(!site.login().has_value());
    return site.traces[0].failure;
  };
  Site right;
  right.platform_says(statement(kNoon).sign(key("impostor")));
  ck_assert(failure(right).find("clock") == std::string::npos);
  Site behind;
  behind.crls.clock_behind = true;
  behind.platform_says(by_root(statement(kNoon)));
  expect_contains(failure(behind), "this machine's clock is slow");
  behind.platform_fails(Reason::kTimeout, "time-out");
  ck_assert(failure(behind).find("clock") == std::string::npos);
}
END_TEST

// --- several certificates ---------------------------------------------------------------------------------
// A person below an intermediate authority. A CRL or an answer about either, or neither.
struct LongPath : Site {
  const Blob middle_name = pki::distinguished_name({pki::country("JP"), pki::common_name("Middle CA")});
  std::optional<Blob> about_leaf, about_middle;

  LongPath() {
    auto middle = authority(authority_name(), middle_name, "middle");
    middle.replace(pki::certificate_policies({kAuthPolicy}, true));
    leaf = decoded(person(middle_name, "middle").sign(key("middle")));
    pool.push_back(decoded(middle.sign(key("root"))));
    rules = {ocsp_rule(), crl_rule()};
    crls.files.clear();
    platform_says([this](const fetch::FetchRequest&) -> ScriptedFetcher::Reply {
      // The person is asked about first.
      const auto& answer = network.requests.size() % 2 == 1 ? about_leaf : about_middle;
      if (answer) return *answer;
      return Unexpected{fetch::FetchError{Reason::kTimeout, "time-out"}};
    });
  }
  Blob of_leaf(Time when, Blob status = tocsp::good()) const {
    auto answer = statement(when, std::move(status));
    answer.responder_id = tocsp::by_name(middle_name);
    answer.responses[0].id = tocsp::cert_id(pki::Digest::kSha1, middle_name,
                                            key("middle").subject_public_key_info(), kSerialOfPerson);
    return answer.sign(key("middle"));
  }
  static Blob of_middle(Time when, int statements = 1) {
    auto answer = statement(when);
    answer.responses[0].id = tocsp::cert_id(pki::Digest::kSha1, authority_name(),
                                            key("root").subject_public_key_info(), Blob{0x01});
    answer.responses.resize(static_cast<std::size_t>(statements), answer.responses[0]);
    return by_root(answer);
  }
  void crl_of_leaf(Time when) {
    auto crl = city_crl("Chiyoda CRLDP");
    crl.issuer = middle_name;
    crl.this_update = when;
    crl.next_update = when + kDay;
    crls.files.push_back(crl.sign(key("middle")));
  }
  void crl_of_middle(Time when) {
    auto crl = full_crl();
    crl.this_update = when;
    crl.next_update = when + kDay;
    crls.files.push_back(crl.sign(key("root")));
  }
  void expect_evidence(const std::string& source, std::chrono::seconds age, bool by_crl,
                       const std::optional<ocsp::Carried>& carried) {
    const auto result = login();
    ck_assert_msg(result.has_value(), "%s", result ? "" : result.error().clause.c_str());
    expect_text(result->source, source);
    ck_assert_int_eq(result->age.count(), age.count());
    ck_assert(result->by_crl == by_crl && result->carried == carried);
  }
};

START_TEST(the_evidence_of_a_path_is_that_of_its_certificates) {
  const ocsp::Carried one{true, {}};
  LongPath online;
  online.about_leaf = online.of_leaf(kNoon - 1min);
  online.about_middle = LongPath::of_middle(kNoon - 2min, 2);
  online.expect_evidence("platform", 2min, false, one);
  online.about_leaf = online.of_leaf(kNoon - 3min);
  online.expect_evidence("platform", 3min, false, one);
  LongPath leaf_online;
  leaf_online.about_leaf = leaf_online.of_leaf(kNoon - 1min);
  leaf_online.crl_of_middle(kNoon - 5h);
  leaf_online.expect_evidence("platform+crl", 5h, true, one);
  LongPath middle_online;
  middle_online.about_middle = LongPath::of_middle(kNoon - 2min);
  middle_online.crl_of_leaf(kNoon - 4h);
  middle_online.expect_evidence("crl+platform", 4h, true, std::nullopt);
}
END_TEST

START_TEST(revoked_below_outweighs_unknown_above) {
  LongPath site;
  site.about_leaf = site.of_leaf(kNoon, tocsp::revoked(kNoon - 1h));
  site.expect_refused(Verdict::kRevoked,
                      "platform: RFC 6960 2.2: revoked, no reason given, <1h old, depth 0");
  ck_assert(!site.early);
  // Where nobody is revoked, the first one that could not be told.
  LongPath other;
  other.about_middle = LongPath::of_middle(kNoon - 24h);
  other.expect_refused(Verdict::kRevocationUnknown, "depth 0");
}
END_TEST

START_TEST(each_certificate_has_its_evidence_after_the_decision) {
  LongPath site;
  site.about_leaf = site.of_leaf(kNoon - 1min);
  const auto path = path::validate_path(site.leaf, site.pool, site.anchors, jpki_policy(), kNoon);
  ck_assert(path.has_value());
  revocation::SourcesCheck check({.rules = site.rules,
                                  .segment = site.segment,
                                  .anchors = site.anchors,
                                  .crls = site.crls,
                                  .memory = site.memory,
                                  .fetcher = &site.network,
                                  .local_responders = site.responders});
  const auto too_early = check.conclude(kNoon);
  ck_assert(!too_early && too_early.error().verdict == Verdict::kInternal);
  for (int again = 0; again < 2; ++again) {
    ck_assert(check.look(*path, kNoon).has_value() && check.begin(kNoon).has_value());
    ck_assert(!check.conclude(kNoon).has_value());
    ck_assert_uint_eq(check.evidence().size(), 2);
    ck_assert(check.evidence()[0] && check.evidence()[0]->source == "platform" && !check.evidence()[1]);
    ck_assert(check.trace().size() == 4 && check.trace()[0].depth == 0 && check.trace()[3].depth == 1);
  }
}
END_TEST

Suite* inquiry_suite() {
  Suite* suite = suite_create("inquiry");
  TCase* tests = tcase_create("inquiry");
  tcase_add_test(tests, a_hold_stays_one_before_an_older_answer);
  tcase_add_test(tests, of_two_holds_the_newer_one_has_to_be_lifted);
  tcase_add_test(tests, a_delta_that_is_silent_does_not_lift_a_remembered_hold);
  tcase_add_test(tests, a_lifted_hold_that_cannot_be_forgotten_is_told);
  tcase_add_test(tests, a_hold_by_the_crl_that_comes_first_spares_the_network);
  tcase_add_test(tests, no_word_tells_how_young_a_crl_is);
  tcase_add_test(tests, without_a_cache_every_login_asks);
  tcase_add_test(tests, a_kept_answer_spares_the_further_sources_too);
  tcase_add_test(tests, an_answer_that_cannot_be_kept_is_told);
  tcase_add_test(tests, who_came_too_late_to_be_asked_says_nothing);
  tcase_add_test(tests, revoked_is_heard_behind_a_source_without_an_answer);
  tcase_add_test(tests, the_failure_that_came_furthest_is_told);
  tcase_add_test(tests, a_clock_is_called_slow_where_it_made_an_answer_worthless);
  tcase_add_test(tests, the_evidence_of_a_path_is_that_of_its_certificates);
  tcase_add_test(tests, revoked_below_outweighs_unknown_above);
  tcase_add_test(tests, each_certificate_has_its_evidence_after_the_decision);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "impostor", "middle"}) (void)key(name);
  return run_suite(inquiry_suite());
}
