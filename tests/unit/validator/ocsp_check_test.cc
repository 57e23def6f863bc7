// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a well-signed OCSP response says: CertID, status, times, nonce, extensions.
#include "tests/unit/validator/ocsp_fixture.h"

namespace {

using namespace jpki;
using namespace jpki::test;
using ocsp::Status;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Verdict kInvalid = Verdict::kRevocationInvalid;
constexpr Verdict kStale = Verdict::kRevocationStale;
constexpr Verdict kUnknown = Verdict::kRevocationUnknown;

constexpr std::uint8_t kKeyCompromise = 1;
constexpr std::uint8_t kHold = 6;

START_TEST(statuses) {
  const auto answer = expect_answer(by_root(response()), Status::kGood, {}, "2.2: good");
  ck_assert(answer.this_update == kNow - kMinute && answer.produced_at == kNow - kMinute);
  ck_assert(answer.next_update == kNow + 10 * kMinute);
  ck_assert(!answer.nonce_matched && !answer.on_hold);
  expect_answer(by_root(response(single(tocsp::unknown()))), Status::kUnknown, {}, "does not know");
  const auto gone = expect_answer(by_root(response(single(tocsp::revoked(kNow - kDay)))), Status::kRevoked,
                                  {}, "no reason given");
  ck_assert(!gone.on_hold);
  expect_answer(by_root(response(single(tocsp::revoked(kNow - kDay, kKeyCompromise)))), Status::kRevoked, {},
                "reason 1");
  const auto held =
      expect_answer(by_root(response(single(tocsp::revoked(kNow - kDay, kHold)))), Status::kRevoked);
  ck_assert(held.on_hold);
}
END_TEST

START_TEST(error_statuses) {
  const std::pair<std::uint8_t, const char*> errors[] = {{1, "malformedRequest"},
                                                         {2, "internalError"},
                                                         {3, "tryLater"},
                                                         {5, "sigRequired"},
                                                         {6, "unauthorized"}};
  for (const auto& [status, text] : errors) expect_refusal(tocsp::error_response(status), kUnknown, text);
  expect_refusal(tocsp::error_response(4), kInvalid, "responseStatus");
  expect_refusal(tocsp::error_response(7), kInvalid, "responseStatus");
  expect_refusal(tocsp::error_response(0), kInvalid, "responseBytes");
  // An error status makes what is beside it void.
  auto odd = response();
  odd.status = 3;
  expect_refusal(by_root(odd), kUnknown, "tryLater");
}
END_TEST

tocsp::ResponseBuilder identified(const tocsp::CertId& id) {
  auto about = single();
  about.id = id;
  return response(about);
}

START_TEST(cert_id_in_every_field) {
  expect_answer(by_root(identified(id_of_person(pki::Digest::kSha256))), Status::kGood);
  auto absent_parameters = id_of_person();
  absent_parameters.hash_parameters.clear();
  expect_answer(by_root(identified(absent_parameters)), Status::kGood);

  const auto other = [](auto&& change, pki::Digest digest = pki::Digest::kSha1) {
    auto id = id_of_person(digest);
    change(id);
    expect_refusal(by_root(identified(id)), kUnknown, "not about this certificate");
  };
  other([](auto& id) { id.serial.back() ^= 1; });
  other([](auto& id) { id.serial.erase(id.serial.begin()); });  // the same bits, negative
  other([](auto& id) { id.issuer_name_hash.back() ^= 1; });
  other([](auto& id) { id.issuer_key_hash.back() ^= 1; });
  other([](auto& id) { id.issuer_key_hash.pop_back(); });
  other([](auto& id) { id.issuer_key_hash.clear(); });
  other([](auto& id) { id.issuer_key_hash = key("impostor").key_identifier(); });
  other([](auto& id) { id.hash = tocsp::digest_oid(pki::Digest::kSha256); });
  other([](auto& id) { id.hash = tocsp::digest_oid(pki::Digest::kSha1); }, pki::Digest::kSha256);
  other([](auto&) {}, pki::Digest::kMd5);
  other([](auto& id) { id.hash = "2.999.1"; });
  other([](auto& id) { id.hash_parameters = der::integer(1); });
  auto none = response();
  none.responses.clear();
  expect_refusal(by_root(none), kUnknown, "not about this certificate");
}
END_TEST

tocsp::ResponseBuilder several(std::vector<tocsp::SingleResponse> singles) {
  auto builder = response();
  builder.responses = std::move(singles);
  return builder;
}

START_TEST(several_single_responses) {
  auto other = single(tocsp::revoked(kNow - kDay));
  other.id.serial.back() ^= 1;
  expect_answer(by_root(several({other, single(), other})), Status::kGood);

  auto by_sha256 = single(tocsp::revoked(kNow - kDay));
  by_sha256.id = id_of_person(pki::Digest::kSha256);
  const auto gone = single(tocsp::revoked(kNow - kDay));
  const auto unknown = single(tocsp::unknown());
  expect_answer(by_root(several({single(), by_sha256})), Status::kRevoked);
  expect_answer(by_root(several({single(), gone})), Status::kRevoked);
  expect_answer(by_root(several({gone, single()})), Status::kRevoked);
  expect_answer(by_root(several({unknown, gone, single()})), Status::kRevoked);
  expect_answer(by_root(several({single(), unknown})), Status::kUnknown);
  auto gone_before = gone;
  gone_before.this_update = kNow - minutes(5);
  expect_answer(by_root(several({unknown, gone_before})), Status::kRevoked);
  expect_answer(by_root(several({gone_before, unknown})), Status::kRevoked);
  expect_answer(by_root(several({single(), single(tocsp::revoked(kNow - kDay, kHold))})), Status::kRevoked);

  const auto held = single(tocsp::revoked(kNow - kDay, kHold));
  ck_assert(expect_answer(by_root(several({unknown, held})), Status::kRevoked).on_hold);
  ck_assert(expect_answer(by_root(several({held, unknown})), Status::kRevoked).on_hold);

  // Of those that say the same, the newest.
  auto before = single();
  before.this_update = kNow - minutes(5);
  for (const auto& both : {several({before, single()}), several({single(), before})})
    ck_assert(expect_answer(by_root(both), Status::kGood).this_update == kNow - kMinute);

  auto old = single();
  old.this_update = kNow - minutes(21);
  const auto answer = expect_answer(by_root(several({old, single()})), Status::kGood);
  ck_assert(answer.this_update == kNow - kMinute);
  auto old_hold = single(tocsp::revoked(kNow - kDay, kHold));
  old_hold.this_update = kNow - minutes(21);
  expect_answer(by_root(several({old_hold, single()})), Status::kGood);
}
END_TEST

tocsp::ResponseBuilder timed(seconds this_update, std::optional<seconds> next_update, seconds produced_at) {
  auto builder = response();
  builder.responses[0].this_update = kNow + this_update;
  builder.responses[0].next_update.reset();
  if (next_update) builder.responses[0].next_update = kNow + *next_update;
  builder.produced_at = kNow + produced_at;
  return builder;
}

START_TEST(times) {
  const seconds skew = minutes(5), max_age = minutes(15), second{1};
  const seconds oldest = max_age + skew;
  expect_answer(by_root(timed(-oldest, {}, -oldest)), Status::kGood);
  expect_refusal(by_root(timed(-oldest - second, {}, -oldest)), kStale, "max_age");
  expect_refusal(by_root(timed(-oldest - second, kDay, -second)), kStale, "max_age");
  expect_answer(by_root(timed(-minutes(10), -skew, -minutes(10))), Status::kGood);
  expect_refusal(by_root(timed(-minutes(10), -skew - second, -minutes(10))), kStale, "nextUpdate has passed");
  expect_answer(by_root(timed(skew, minutes(9), skew)), Status::kGood);
  expect_refusal(by_root(timed(skew + second, minutes(9), skew)), kInvalid, "thisUpdate is in the future");
  expect_refusal(by_root(timed(-second, minutes(9), skew + second)), kInvalid, "producedAt is in the future");
  expect_answer(by_root(timed(-second, {}, -skew - second)), Status::kGood);
  expect_refusal(by_root(timed(-second, {}, -skew - second - second)), kInvalid, "producedAt is before");
  expect_answer(by_root(timed(-second, -second, -second)), Status::kGood);
  expect_refusal(by_root(timed(-second, -second - second, -second)), kInvalid, "nextUpdate is before");
}
END_TEST

START_TEST(an_answer_does_not_age_while_nobody_looks_at_it) {
  const seconds second{1};
  const Question later{.policy = {.asked_at = kNow}, .now = kNow + minutes(4)};
  expect_answer(by_root(timed(-minutes(20), -minutes(5), -minutes(20))), Status::kGood, later);
  expect_refusal(by_root(timed(-minutes(20) - second, {}, -minutes(20))), kStale, "max_age", later);
  expect_refusal(by_root(timed(-minutes(20), -minutes(5) - second, -minutes(20))), kStale, "nextUpdate",
                 later);
  // What was signed since is not "to come".
  expect_answer(by_root(timed(minutes(9), {}, minutes(9))), Status::kGood, later);
}
END_TEST

START_TEST(revoked_for_good_outlives_its_statement) {
  auto builder = timed(-kDay, -kDay + seconds(60), -kDay);
  builder.responses[0].status = tocsp::revoked(kNow - 2 * kDay, kKeyCompromise);
  builder.extensions = {tocsp::nonce_extension(Blob(32, 7))};
  expect_answer(by_root(builder), Status::kRevoked);
  expect_answer(by_root(builder), Status::kRevoked, {.nonce = Blob(32, 8)});
  expect_answer(by_root(builder), Status::kRevoked, {.policy = {.require_nonce = true}});
  builder.responses[0].status = tocsp::revoked(kNow - 2 * kDay, kHold);
  expect_refusal(by_root(builder), kStale, "");
  expect_refusal(by_root(builder), kInvalid, "nonce", {.nonce = Blob(32, 8)});
  // Not even then by a key that may not say so.
  builder.responses[0].status = tocsp::revoked(kNow - 2 * kDay, kKeyCompromise);
  expect_refusal(builder.sign(key("impostor")), kInvalid, "3.2(2)");
}
END_TEST

START_TEST(nonces) {
  const Question sent{.nonce = Blob(32, 7)};
  Question strict = sent;
  strict.policy.require_nonce = true;
  const auto with = [](Blob nonce) {
    auto builder = response();
    builder.extensions = {tocsp::nonce_extension(nonce)};
    return by_root(builder);
  };
  ck_assert(expect_answer(with(Blob(32, 7)), Status::kGood, sent).nonce_matched);
  ck_assert(expect_answer(with(Blob(32, 7)), Status::kGood, strict).nonce_matched);
  for (const Blob& wrong : {Blob(32, 8), Blob(31, 7), Blob(33, 7), Blob()})
    expect_refusal(with(wrong), kInvalid, "answers another request", sent);
  ck_assert(!expect_answer(by_root(response()), Status::kGood, sent).nonce_matched);
  expect_refusal(by_root(response()), kInvalid, "the rule requires one", strict);
  // Out of a cache: somebody else's nonce says nothing, a required one cannot be had.
  ck_assert(!expect_answer(with(Blob(32, 8)), Status::kGood).nonce_matched);
  expect_refusal(with(Blob(32, 8)), kInvalid, "the rule requires one", {.policy = {.require_nonce = true}});
  expect_refusal(with(Blob()), kInvalid, "the rule requires one", {.policy = {.require_nonce = true}});

  auto bare = response();
  bare.extensions = {{"1.3.6.1.5.5.7.48.1.2", false, Blob(32, 7)}};  // without the inner OCTET STRING
  expect_refusal(by_root(bare), kInvalid, "answers another request", sent);
  auto twice = response();
  twice.extensions = {tocsp::nonce_extension(Blob(32, 7)), tocsp::nonce_extension(Blob(32, 8))};
  expect_refusal(by_root(twice), kInvalid, "one OID twice", sent);
  auto critical = response();
  critical.extensions = {tocsp::nonce_extension(Blob(32, 7))};
  critical.extensions[0].critical = true;
  expect_answer(by_root(critical), Status::kGood, sent);
}
END_TEST

START_TEST(extensions) {
  const pki::Extension archive_cutoff{"1.3.6.1.5.5.7.48.1.6", false, der::generalized_time(kNow - 9 * kDay)};
  const pki::Extension odd{"2.999.1", false, der::null()};
  const pki::Extension odd_critical{"2.999.1", true, der::null()};
  auto builder = response();
  builder.extensions = {odd, {"1.3.6.1.5.5.7.48.1.9", true, der::null()}};
  builder.responses[0].extensions = {archive_cutoff, odd, pki::reason_code(1)};
  expect_answer(by_root(builder), Status::kGood);

  auto on_response = response();
  on_response.extensions = {odd_critical};
  expect_refusal(by_root(on_response), kInvalid, "critical response extension 2.999.1");
  auto on_single = response();
  on_single.responses[0].extensions = {odd_critical};
  expect_refusal(by_root(on_single), kInvalid, "critical single extension 2.999.1");
  on_single.responses[0].status = tocsp::revoked(kNow - kDay);
  expect_refusal(by_root(on_single), kInvalid, "critical single extension 2.999.1");
  auto on_another = several({single(), single()});
  on_another.responses[1].id.serial.back() ^= 1;
  on_another.responses[1].extensions = {odd_critical};
  expect_answer(by_root(on_another), Status::kGood);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("validator/ocsp check");
  TCase* t = tcase_create("check");
  tcase_set_timeout(t, 60);
  tcase_add_unchecked_fixture(t, make_keys, nullptr);
  tcase_add_test(t, statuses);
  tcase_add_test(t, error_statuses);
  tcase_add_test(t, cert_id_in_every_field);
  tcase_add_test(t, several_single_responses);
  tcase_add_test(t, times);
  tcase_add_test(t, an_answer_does_not_age_while_nobody_looks_at_it);
  tcase_add_test(t, revoked_for_good_outlives_its_statement);
  tcase_add_test(t, nonces);
  tcase_add_test(t, extensions);
  suite_add_tcase(s, t);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
