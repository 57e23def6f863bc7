// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Sources of the network: what they are asked, and what of their answers is kept.
#include "tests/unit/validator/sources_fixture.h"

namespace {

using namespace jpki;
using namespace jpki::test;
using Reason = fetch::FetchError::Reason;

// --- several sources of the network
// -------------------------------------------------------------------------
START_TEST(sources_are_heard_in_their_order) {
  Site site;
  site.rules = {ocsp_rule(), ocsp_rule("internet", "http://internet.example/"), crl_rule()};
  site.platform_says(by_root(statement(kNoon - 3min)));
  site.network.script["http://internet.example/"] = [](const auto&) {
    return by_root(statement(kNoon - 1min));
  };
  site.expect_good("platform", 3min);
  ck_assert_uint_eq(site.network.requests.size(), 2);
  site.platform_fails(Reason::kTimeout, "time-out");
  site.expect_good("internet", 1min);
}
END_TEST

// Who cannot start jpki-fetch knows nothing of the platform: a CRL that is good does not take its place.
// Where nobody of the network has to be asked, nothing is missing.
START_TEST(a_fetcher_that_never_started_is_no_silent_source) {
  Site site;
  site.network.never_started = true;
  site.rules = {ocsp_rule(), crl_rule()};
  site.expect_refused(Verdict::kHelperNotStarted, "platform: jpki-fetch: no");
  site.rules = {crl_rule(), ocsp_rule()};
  site.expect_good("crl", 20h);
}
END_TEST

// Nor is one that died, or that could not store what it was sent.
START_TEST(a_fetcher_that_failed_is_no_silent_source) {
  Site site;
  site.rules = {ocsp_rule(), crl_rule()};
  site.platform_fails(Reason::kHelper, "jpki-fetch has ended");
  site.expect_refused(Verdict::kHelperFailed, "platform: jpki-fetch has ended");
  // Behind a source that has decided, nothing of it is needed.
  site.rules = {ocsp_rule(), ocsp_rule("internet", "http://internet.example/")};
  site.platform_says(by_root(statement(kNoon)));
  site.network.script["http://internet.example/"] = [](const auto&) -> ScriptedFetcher::Reply {
    return Unexpected{fetch::FetchError{Reason::kHelper, "jpki-fetch has ended"}};
  };
  site.expect_good("platform", 0s);
}
END_TEST

START_TEST(revoked_by_any_answer_that_is_there_is_final) {
  Site site;
  site.rules = {ocsp_rule(), ocsp_rule("internet", "http://internet.example/")};
  site.platform_says(by_root(statement(kNoon)));
  site.network.script["http://internet.example/"] = [](const auto&) {
    return by_root(statement(kNoon - 24h, tocsp::revoked(kNoon - 48h)));
  };
  site.network.slow = true;  // the second answer is not waited for
  site.expect_good("platform", 0s);
  site.network.slow = false;
  site.expect_refused(Verdict::kRevoked, "internet: RFC 6960 2.2: revoked");
}
END_TEST

START_TEST(an_answer_that_decides_nothing_does_not_hide_a_healthy_responder) {
  Site site;
  site.rules = {ocsp_rule()};
  site.rules[0].urls = {kPlatform, "http://b.example/"};
  site.rules[0].by_get = true;
  site.network.script["http://b.example/"] = [](const auto&) { return by_root(statement(kNoon)); };
  for (const Blob& nothing : {tocsp::error_response(3), Blob{'<', 'h', 't', 'm', 'l', '>'}, Blob{}}) {
    site.network.requests.clear();
    site.platform_says(nothing);
    site.expect_good("platform", 0s);
    // By GET, by POST, then the other one.
    ck_assert_uint_eq(site.network.requests.size(), 3);
    ck_assert_uint_eq(site.network.requests[2].alternatives.size(), 2);
    ck_assert(site.network.requests[2].timeout <= site.rules[0].timeout);
  }
  // RFC 5019 5: a responder that takes no GET.
  site.rules[0].urls = {kPlatform};
  site.platform_says([](const fetch::FetchRequest& request) {
    return request.alternatives[0].body.empty() ? tocsp::error_response(1) : by_root(statement(kNoon));
  });
  site.expect_good("platform", 0s);
  // Nobody knows: the one that came furthest tells why.
  site.platform_says([](const fetch::FetchRequest& request) {
    return request.alternatives[0].body.empty() ? Blob{} : tocsp::error_response(3);
  });
  site.expect_refused(Verdict::kRevocationUnknown, "tryLater");
  // Of two that came as far the first, and the second says no more by being worthless.
  for (const Blob& second : {tocsp::error_response(1), Blob{}}) {
    site.platform_says([&](const fetch::FetchRequest& request) {
      return request.alternatives[0].body.empty() ? tocsp::error_response(3) : second;
    });
    site.expect_refused(Verdict::kRevocationUnknown, "tryLater");
  }
}
END_TEST

START_TEST(nobody_more_is_asked_behind_an_answer_that_decides) {
  Site site;
  site.rules = {ocsp_rule(), ocsp_rule("internet", "http://internet.example/")};
  site.platform_says(by_root(statement(kNoon)));
  site.network.script["http://internet.example/"] = [](const auto&) { return tocsp::error_response(3); };
  site.expect_good("platform", 0s);
  ck_assert_uint_eq(site.network.requests.size(), 2);
}
END_TEST

START_TEST(the_request_is_as_the_rule_says) {
  Site site;
  site.rules[0].urls = {kPlatform, "http://b.example/ocsp"};
  site.rules[0].timeout = 700ms;
  site.rules[0].tls_trust = "platform";
  site.platform_says(by_root(statement(kNoon)));
  site.rules[0].by_get = true;
  site.expect_good("platform", 0s);
  const auto ordered = site.network.requests[0];
  ck_assert_uint_eq(ordered.alternatives.size(), 4);
  ck_assert(ordered.alternatives[0].url.starts_with("http://platform.example/ocsp/M") &&
            ordered.alternatives[0].body.empty());
  ck_assert(ordered.alternatives[1].url == kPlatform && !ordered.alternatives[1].body.empty());
  expect_text(ordered.alternatives[1].content_type, "application/ocsp-request");
  ck_assert(ordered.timeout == 700ms && ordered.max_size == ocsp::kMaxResponseSize);
  expect_text(ordered.tls_trust, "platform");
  site.rules[0].hedge_after = 1ms;
  site.expect_good("platform", 0s);
  const auto hedged = site.network.requests[1];
  ck_assert(hedged.alternatives[1].url.starts_with("http://b.example/ocsp/M") && hedged.hedge_after == 1ms);
  site.rules[0].nonce = true;
  ck_assert(site.login().has_value());  // by the CRL
  ck_assert_uint_eq(site.network.requests[2].alternatives.size(), 2);
  ck_assert(!site.network.requests[2].alternatives[0].body.empty());
}
END_TEST

// A URL stands in the access logs of responders and proxies: no certificate's serial is in one, not even
// after a responder that refuses the question, unless the rule says so.
START_TEST(a_serial_is_in_no_url) {
  for (const auto hedge : {0ms, 200ms}) {
    Site site;
    site.rules = {ocsp_rule()};
    site.rules[0].urls = {kPlatform, "http://b.example/ocsp"};
    site.rules[0].hedge_after = hedge;
    site.platform_says(tocsp::error_response(1));
    site.network.script["http://b.example/ocsp"] = [](const auto&) { return tocsp::error_response(1); };
    site.expect_refused(Verdict::kRevocationUnknown, "malformedRequest");
    ck_assert_uint_eq(site.network.requests.size(), 2);
    for (const auto& request : site.network.requests)
      for (const auto& [url, body, type] : request.alternatives)
        ck_assert_msg((url == kPlatform || url == "http://b.example/ocsp") && !body.empty(), "%s",
                      url.c_str());
    ck_assert_uint_eq(site.network.requests[0].alternatives.size(), 2);
  }
}
END_TEST

START_TEST(the_certificates_own_responder_is_asked_without_urls) {
  Site site;
  site.rules[0].urls.clear();
  site.rules[0].by_get = true;
  auto builder = person();
  builder.add(pki::authority_info_access_ocsp("http://aia.example/ocsp"));
  site.leaf = decoded(builder.sign(key("root")));
  site.network.script["http://aia.example/ocsp"] = [](const auto&) { return by_root(statement(kNoon)); };
  site.expect_good("platform", 0s);
  // However many it names, the request is one that jpki-fetch takes.
  Blob many;
  for (int i = 0; i < 9; ++i)
    der::append(many, der::sequence({der::oid("1.3.6.1.5.5.7.48.1"),
                                     der::text(der::context(6), "http://aia.example/ocsp")}));
  builder.replace({pki::oid::kAuthorityInfoAccess, false, der::tlv(der::kSequence, many)});
  site.leaf = decoded(builder.sign(key("root")));
  site.expect_good("platform", 0s);
  ck_assert_uint_eq(site.network.requests.back().alternatives.size(), fetch::kMaxAlternatives);
}
END_TEST

// --- a clock that was set back --------------------------------------------------------------------
// An answer with the nonce of `request`, the last octets of its body.
Blob answer_to(const fetch::FetchRequest& request, tocsp::ResponseBuilder builder) {
  const Blob& body = request.alternatives.front().body;
  ck_assert_uint_gt(body.size(), ocsp::kNonceSize);
  builder.extensions = {tocsp::nonce_extension(Blob(body.end() - ocsp::kNonceSize, body.end()))};
  return by_root(std::move(builder));
}

// Who can set the clock back, and is in the network, could play an answer of that time.
START_TEST(behind_its_index_a_clock_makes_no_old_answer_fresh) {
  Site site;
  site.crls.clock_behind = true;
  site.crls.files.clear();  // what IndexedCrls says then
  site.rules = {ocsp_rule(), crl_rule()};
  site.rules[0].by_get = true;
  site.platform_says(by_root(statement(kNoon)));
  site.expect_refused(Verdict::kRevocationInvalid, "the answer has no nonce");
  site.expect_refused(Verdict::kRevocationInvalid, "this machine's clock is slow");
  for (const auto& request : site.network.requests)
    for (const auto& alternative : request.alternatives) ck_assert(!alternative.body.empty());
  auto replayed = statement(kNoon);
  replayed.extensions = {tocsp::nonce_extension(Blob(32, 1))};
  site.platform_says(by_root(replayed));
  site.expect_refused(Verdict::kRevocationInvalid, "nonce is not the one");
  site.platform_says([](const auto& request) { return answer_to(request, statement(kNoon)); });
  site.expect_good("platform", 0s);
  site.platform_says(by_root(statement(kNoon, tocsp::revoked(kNoon - 1h, 1))));
  site.expect_refused(Verdict::kRevoked, "platform: ");
}
END_TEST

// The index may be as old as the clock: a CRL in it tells all the same, whichever certificate it is about.
START_TEST(behind_a_crl_a_clock_makes_no_old_answer_fresh) {
  Site site;
  site.rules = {ocsp_rule()};
  site.platform_says(by_root(statement(kNoon)));
  site.crls.files = {crl_of(kNoon + 5min)};
  site.expect_good("platform", 0s);
  site.crls.files = {crl_of(kNoon + 6min)};
  site.expect_refused(Verdict::kRevocationInvalid, "this machine's clock is slow");

  const Blob middle_name = pki::distinguished_name({pki::country("JP"), pki::common_name("Middle CA")});
  auto middle = authority(authority_name(), middle_name, "middle");
  middle.replace(pki::certificate_policies({kAuthPolicy}, true));
  site.leaf = decoded(person(middle_name, "middle").sign(key("middle")));
  site.pool.push_back(decoded(middle.sign(key("root"))));
  auto about_middle = full_crl();
  about_middle.this_update = kNoon + 6min;
  site.crls.files = {about_middle.sign(key("root"))};
  auto about_leaf = statement(kNoon);
  about_leaf.responder_id = tocsp::by_name(middle_name);
  about_leaf.responses[0].id = tocsp::cert_id(pki::Digest::kSha1, middle_name,
                                              key("middle").subject_public_key_info(), kSerialOfPerson);
  site.platform_says(about_leaf.sign(key("middle")));
  site.expect_refused(Verdict::kRevocationInvalid, "run: jpki-crl-refresh, depth 0");
}
END_TEST

START_TEST(behind_its_index_a_clock_makes_no_kept_answer_fresh) {
  Site site;
  site.rules = {ocsp_rule()};
  site.rules[0].freshness = schedule::Freshness::kCached;
  site.platform_says(by_root(statement(kNoon)));
  site.expect_good("platform", 0s);
  site.crls.clock_behind = true;
  site.platform_fails(Reason::kTimeout, "time-out");
  site.expect_refused(Verdict::kRevocationUnknown, "time-out");
  site.crls.clock_behind = false;
  site.expect_good("platform", 0s);
}
END_TEST

// --- the cache
// ------------------------------------------------------------------------------------------------
START_TEST(a_kept_answer_spares_the_network_while_it_is_young) {
  Site site;
  site.rules[0].freshness = schedule::Freshness::kCached;
  site.platform_says(by_root(statement(kNoon - 2min)));
  site.expect_good("platform", 2min);
  site.now = kNoon + 13min;
  site.expect_good("platform", 15min);
  ck_assert_uint_eq(site.network.requests.size(), 1);
  expect_contains(site.traces[0].result, "good-kept");
  site.now += 1s;
  site.platform_says(by_root(statement(site.now)));
  site.expect_good("platform", 0s);
  ck_assert_uint_eq(site.network.requests.size(), 2);
}
END_TEST

START_TEST(an_answer_does_not_age_while_the_person_types) {
  Site site;
  site.rules = {ocsp_rule()};
  site.typing = 5min;
  auto answer = statement(kNoon - 20min);
  answer.responses[0].next_update.reset();
  site.platform_says(by_root(answer));
  site.expect_good("platform", 25min);
  site.typing += 1s;  // the prompt was left open
  site.expect_refused(Verdict::kRevocationStale, "max_age");
  // Nor does a kept one.
  site.rules[0].freshness = schedule::Freshness::kCached;
  site.typing = 30s;
  site.platform_says(by_root(statement(kNoon - 14min)));
  site.expect_good("platform", 14min + 30s);
  site.now += 1min;
  site.expect_good("platform", 15min + 30s);
  expect_contains(site.traces[0].result, "good-kept");
}
END_TEST

START_TEST(hard_asks_every_time) {
  Site site;
  site.platform_says(by_root(statement(kNoon - 2min)));
  site.expect_good("platform", 2min);
  site.expect_good("platform", 2min);
  ck_assert_uint_eq(site.network.requests.size(), 2);
  // Also with an answer at hand, of a time when the rule was another.
  site.rules[0].freshness = schedule::Freshness::kCached;
  site.expect_good("platform", 2min);
  site.expect_good("platform", 2min);
  ck_assert_uint_eq(site.network.requests.size(), 3);
  site.rules[0].freshness = schedule::Freshness::kHard;
  site.platform_says(by_root(statement(kNoon - 1h, tocsp::revoked(kNoon - 1h, 1))));
  site.expect_refused(Verdict::kRevoked, "platform: ");
}
END_TEST

START_TEST(a_kept_answer_is_verified_again) {
  Site site;
  site.rules[0].freshness = schedule::Freshness::kCached;
  // As if it had been written by somebody who got into the directory.
  const auto& issuer = site.anchors[0].certificate;
  const Blob forged = statement(kNoon).sign(key("impostor"));
  ck_assert(site.cache.keep("platform", site.leaf, issuer, forged, kNoon + 10min).has_value());
  site.expect_good("crl", 20h);
  expect_contains(site.traces[0].result, "JPKI-404");
  ck_assert(site.network.requests.empty());
  // The next login asks.
  site.platform_says(by_root(statement(kNoon)));
  site.expect_good("platform", 0s);
}
END_TEST

START_TEST(an_answer_for_one_rule_is_none_for_another) {
  Site site;
  site.rules[0].freshness = schedule::Freshness::kCached;
  site.platform_says(by_root(statement(kNoon)));
  site.expect_good("platform", 0s);
  site.rules[0].name = "other";
  site.platform_fails(Reason::kUnreachable, "down");
  site.expect_good("crl", 20h);
}
END_TEST

// All certificates of a path are judged, also behind one of which nothing could be told.
START_TEST(revoked_above_outweighs_unknown_below) {
  Site site;
  const Blob middle_name = pki::distinguished_name({pki::country("JP"), pki::common_name("Middle CA")});
  auto middle = authority(authority_name(), middle_name, "middle");
  middle.replace(pki::certificate_policies({kAuthPolicy}, true));
  site.leaf = decoded(person(middle_name, "middle").sign(key("middle")));
  site.pool.push_back(decoded(middle.sign(key("root"))));
  site.rules = {ocsp_rule()};
  site.crls.files.clear();
  auto answer = statement(kNoon, tocsp::revoked(kNoon - 10h));
  answer.responses[0].id =
      tocsp::cert_id(pki::Digest::kSha1, authority_name(), key("root").subject_public_key_info(), Blob{0x01});
  site.platform_says([&](const fetch::FetchRequest&) -> ScriptedFetcher::Reply {
    if (site.network.requests.size() == 1)
      return Unexpected{fetch::FetchError{fetch::FetchError::Reason::kUnreachable, "no route"}};
    return by_root(answer);
  });
  site.expect_refused(Verdict::kIssuerRevoked, "depth 1");
  ck_assert(!site.early);
}
END_TEST

Suite* sources_online_suite() {
  Suite* suite = suite_create("sources_online");
  TCase* tests = tcase_create("sources_online");
  tcase_add_test(tests, sources_are_heard_in_their_order);
  tcase_add_test(tests, revoked_by_any_answer_that_is_there_is_final);
  tcase_add_test(tests, a_fetcher_that_never_started_is_no_silent_source);
  tcase_add_test(tests, a_fetcher_that_failed_is_no_silent_source);
  tcase_add_test(tests, an_answer_that_decides_nothing_does_not_hide_a_healthy_responder);
  tcase_add_test(tests, nobody_more_is_asked_behind_an_answer_that_decides);
  tcase_add_test(tests, the_request_is_as_the_rule_says);
  tcase_add_test(tests, a_serial_is_in_no_url);
  tcase_add_test(tests, behind_its_index_a_clock_makes_no_old_answer_fresh);
  tcase_add_test(tests, behind_a_crl_a_clock_makes_no_old_answer_fresh);
  tcase_add_test(tests, behind_its_index_a_clock_makes_no_kept_answer_fresh);
  tcase_add_test(tests, the_certificates_own_responder_is_asked_without_urls);
  tcase_add_test(tests, a_kept_answer_spares_the_network_while_it_is_young);
  tcase_add_test(tests, an_answer_does_not_age_while_the_person_types);
  tcase_add_test(tests, hard_asks_every_time);
  tcase_add_test(tests, a_kept_answer_is_verified_again);
  tcase_add_test(tests, an_answer_for_one_rule_is_none_for_another);
  tcase_add_test(tests, revoked_above_outweighs_unknown_below);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "responder", "impostor", "middle"}) (void)key(name);
  return run_suite(sources_online_suite());
}
