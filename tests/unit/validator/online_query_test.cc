// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One rule's question to the network, and what its answers say.
#include "validator/revocation/online_query.h"

#include "tests/unit/validator/random_generator.h"
#include "tests/unit/validator/sources_fixture.h"

namespace {

using namespace jpki;
using namespace jpki::test;
using revocation::Judgement;
using revocation::OnlineQuery;
using System = std::chrono::system_clock;

constexpr char kSecond[] = "http://b.example/";

struct Asked {
  x509::Certificate leaf = decoded(person().sign(key("root")));
  x509::Certificate issuer = decoded(root());
  schedule::SourceRule rule = ocsp_rule();
  ScriptedFetcher network;
  FixedStatus status;
  std::vector<const x509::Certificate*> authorities = {};

  revocation::AnswerRules rules() const { return {rule, {}, authorities, status, 5min, kNow}; }
  void says(const std::string& url, const Blob& answer) {
    network.script[url] = [answer](const auto&) { return answer; };
  }
  OnlineQuery start() {
    auto query = OnlineQuery::start(rule, leaf, issuer, network);
    ck_assert_msg(query.has_value(), "%s", query ? "" : query.error().clause.c_str());
    return *std::move(query);
  }
  Judgement ask(bool ask_on = true) { return start().conclude(rules(), kNow, ask_on); }
  const Blob& body() const { return network.requests.back().alternatives.at(0).body; }
};

START_TEST(a_request_is_made_of_what_the_rule_says) {
  Asked asked;
  for (const bool sha256 : {false, true}) {
    asked.rule.sha256_cert_id = sha256;
    (void)asked.start();
    const auto hash = sha256 ? ocsp::CertIdHash::kSha256 : ocsp::CertIdHash::kSha1;
    ck_assert(asked.body() == ocsp::make_request(asked.leaf, asked.issuer, hash, {}).der);
    expect_text(asked.network.requests.back().accept, "application/ocsp-response");
  }
}
END_TEST

START_TEST(a_nonce_is_random_or_the_source_is_not_asked) {
  Asked asked;
  asked.rule.nonce = true;
  const Pretence starts_up(Generator::kStartsUp);
  (void)asked.start();
  const Blob first = asked.body();
  (void)asked.start();
  ck_assert(first.size() == asked.body().size() && first != asked.body());
  const Pretence fails(Generator::kFails);
  const auto query = OnlineQuery::start(asked.rule, asked.leaf, asked.issuer, asked.network);
  ck_assert(!query && query.error().verdict == Verdict::kRevocationUnknown);
  expect_contains(query.error().clause, "getrandom: ");
  asked.rule.nonce = false;
  (void)asked.start();
}
END_TEST

// fetcher.h: later than the request's own time-out, by what jpki-fetch may need to tell that it has passed.
START_TEST(the_fetcher_has_more_time_than_the_network) {
  Asked asked;
  asked.rule.timeout = std::chrono::hours(1);
  const auto before = Deadline::ClockType::now();
  asked.says(kPlatform, by_root(response()));
  ck_assert(asked.ask().good());
  const int patience = asked.network.deadlines.at(0).poll_timeout();
  ck_assert_int_ge(patience, Deadline::at(before + asked.rule.timeout + 500ms).poll_timeout());
}
END_TEST

START_TEST(revoked_by_a_further_responder_is_heard) {
  Asked asked;
  asked.rule.urls = {kPlatform, kSecond};
  asked.says(kPlatform, tocsp::error_response(3));
  asked.says(kSecond, by_root(response(single(tocsp::revoked(kNow - 1h, kCertificateHold)))));
  const Judgement judgement = asked.ask();
  ck_assert(judgement.revoked() && judgement.on_hold);
  ck_assert(judgement.this_update == kNow - kMinute && !judgement.next_update);
  // Who only listens asks nobody else.
  asked.network.requests.clear();
  ck_assert(asked.ask(false).verdict == Verdict::kRevocationUnknown);
  ck_assert_uint_eq(asked.network.requests.size(), 1);
}
END_TEST

START_TEST(of_two_worthless_answers_the_first_one_is_told) {
  Asked asked;
  asked.rule.urls = {kPlatform, kSecond};
  asked.says(kPlatform, Blob{'<', 'h', 't', 'm', 'l', '>'});
  asked.says(kSecond, response().sign(key("impostor")));
  const std::string html = asked.ask().clause;
  std::swap(asked.rule.urls[0], asked.rule.urls[1]);
  const std::string forged = asked.ask().clause;
  expect_contains(html, "RFC 6960 4.2.1");
  ck_assert(forged != html && forged.find("4.2.1: ") == std::string::npos);
}
END_TEST

START_TEST(who_took_all_of_the_time_leaves_none_for_others) {
  Asked asked;
  asked.rule.urls = {kPlatform, kSecond};
  asked.says(kPlatform, tocsp::error_response(3));
  asked.says(kSecond, by_root(response()));
  asked.network.written_at = System::now() + 1h;
  ck_assert(!asked.ask().good());
  ck_assert_uint_eq(asked.network.requests.size(), 1);
  // What a person's typing took, after the answer was there, is nobody's.
  asked.network.written_at = System::now() - 1h;
  ck_assert(asked.ask().good());
  ck_assert(asked.network.requests.back().timeout == asked.rule.timeout);
}
END_TEST

START_TEST(an_answer_that_is_not_there_is_the_fetchers_failure) {
  Asked asked;
  asked.says(kPlatform, by_root(response()));
  asked.network.missing = 1;
  const Judgement judgement = asked.ask();
  ck_assert(judgement.failed() && judgement.verdict == Verdict::kHelperFailed);
  expect_contains(judgement.clause, "the answer cannot be read");
}
END_TEST

START_TEST(an_answer_was_there_when_it_was_written) {
  Asked asked;
  asked.says(kPlatform, by_root(response()));
  const auto earliest = System::now();
  // A second less a bit: seconds and their fraction count.
  const auto written = std::chrono::floor<std::chrono::seconds>(earliest) + 10s + 999ms;
  asked.network.written_at = written;
  OnlineQuery query = asked.start();
  const auto latest = System::now();
  ck_assert(!query.answered());
  ck_assert(query.conclude(asked.rules(), kNow, true).good());
  ck_assert(query.answered().has_value());
  const auto took = *query.answered() - query.asked();
  ck_assert(written - latest <= took && took <= written - earliest);
}
END_TEST

START_TEST(of_several_authorities_the_one_that_came_furthest_tells) {
  Asked asked;
  const Blob name = pki::distinguished_name({pki::country("JP"), pki::common_name("CVS")});
  const auto authority_of = [&](const char* key_name) {
    return decoded(authority(name, name, key_name).sign(key(key_name)));
  };
  const x509::Certificate signer = authority_of("responder"), other = authority_of("impostor");
  const auto judged = [&](tocsp::SingleResponse about) {
    auto answer = response(std::move(about));
    answer.responder_id = tocsp::by_name(name);
    return revocation::judge_response(by_responder(answer), {}, asked.rules(), asked.leaf, asked.issuer,
                                      kNow);
  };
  auto stale = single();
  stale.this_update = kNow - kDay;
  stale.next_update = kNow - kDay + kMinute;
  for (const auto& order : {std::vector{&signer, &other}, {&other, &signer}}) {
    asked.authorities = {order.begin(), order.end()};
    ck_assert(judged(single()).good());
    ck_assert(judged(single(tocsp::revoked(kNow - 1h))).revoked());
    ck_assert(judged(single(tocsp::unknown())).verdict == Verdict::kRevocationUnknown);
    ck_assert(judged(stale).verdict == Verdict::kRevocationStale);
  }
  asked.authorities = {&other};
  ck_assert(judged(single()).verdict == Verdict::kRevocationInvalid);
}
END_TEST

Suite* online_query_suite() {
  Suite* suite = suite_create("online_query");
  TCase* tests = tcase_create("online_query");
  tcase_add_test(tests, a_request_is_made_of_what_the_rule_says);
  tcase_add_test(tests, a_nonce_is_random_or_the_source_is_not_asked);
  tcase_add_test(tests, the_fetcher_has_more_time_than_the_network);
  tcase_add_test(tests, revoked_by_a_further_responder_is_heard);
  tcase_add_test(tests, of_two_worthless_answers_the_first_one_is_told);
  tcase_add_test(tests, who_took_all_of_the_time_leaves_none_for_others);
  tcase_add_test(tests, an_answer_that_is_not_there_is_the_fetchers_failure);
  tcase_add_test(tests, an_answer_was_there_when_it_was_written);
  tcase_add_test(tests, of_several_authorities_the_one_that_came_furthest_tells);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  make_keys();
  return run_suite(online_query_suite());
}
