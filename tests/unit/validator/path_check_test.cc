// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Over which certificates of an authority a login goes, and when the card is asked for more of them. Which of
// several paths is chosen is path_choice_test's.
#include "validator/engine/path_check.h"

#include "tests/unit/support/expect.h"
#include "tests/unit/validator/login_fixture.h"

#include <algorithm>

namespace {

using namespace jpki;
using namespace jpki::test;
using revocation::RevocationError;

const std::chrono::days kDay{1};

Blob name_of_middle() {
  return testpki::distinguished_name({testpki::common_name("Middle CA")});
}

// A certificate of the authority by the anchor.
Blob middle(std::uint8_t serial, Time not_after = kToday + 400 * kDay) {
  auto ca = world->builder(world->other_key, {serial});
  ca.subject = name_of_middle();
  ca.not_after = not_after;
  ca.replace(testpki::basic_constraints(true))
      .replace(testpki::key_usage({testpki::KeyUsage::kKeyCertSign}))
      .replace(testpki::certificate_policies({testpki::kJpkiAuthenticationPolicy}, true))
      .remove(testpki::oid::kExtendedKeyUsage);
  return ca.sign(world->ca.jpki_auth[2].key);
}

// The login of a card that the authority issued.
struct BelowMiddle : Login {
  std::vector<std::uint8_t> revoked;  // serials of the authority
  std::vector<std::uint8_t> seen;     // that were looked at

  explicit BelowMiddle(const std::vector<Blob>& of_site, Time leaf_ends = kToday + 400 * kDay) {
    for (const Blob& der : of_site) intermediates.push_back(std::move(*x509::Certificate::decode(der)));
    auto leaf = world->builder(world->key);
    leaf.issuer = name_of_middle();
    leaf.not_after = leaf_ends;
    token.end_entities[0].der = leaf.sign(world->other_key);
    revocation.at_look = [this](const path::VerifiedCertificate& path) -> Expected<bool, RevocationError> {
      const std::uint8_t serial = path.issuer().serial().back();
      seen.push_back(serial);
      if (std::ranges::find(revoked, serial) == revoked.end()) return true;
      return Unexpected{RevocationError{Verdict::kIssuerRevoked, "scripted, depth 1", 1}};
    };
  }
  void on_card(const Blob& der) { token.authorities.push_back({{2}, der}); }
  void expect_refused(Verdict verdict, int authority_reads) {
    assert_verdict(run(), verdict);
    assert_nothing_asked(*this);
    ck_assert_int_eq(token.authority_reads, authority_reads);
    expect_contains(person.log_lines.back(), " anchor=" + anchors[0].name + " ");
  }
  void expect_accepted(int authority_reads, std::uint8_t over) {
    assert_verdict(run(), Verdict::kAccepted);
    ck_assert_uint_eq(person.prompts.size(), 1);
    ck_assert_int_eq(token.authority_reads, authority_reads);
    ck_assert(!seen.empty() && seen.back() == over);
    expect_contains(person.log_lines.back(), " anchor=" + anchors[0].name + " ");
  }
};

START_TEST(a_revoked_authority_is_gone_around) {
  BelowMiddle login({middle(1), middle(2)});
  login.revoked = {1};
  login.expect_accepted(0, 2);
  ck_assert_uint_eq(login.seen.size(), 2);
  BelowMiddle good({middle(1), middle(2)});
  good.expect_accepted(0, 1);
  ck_assert_uint_eq(good.seen.size(), 1);
}
END_TEST

// Nor with a certificate that the card brings along.
START_TEST(where_every_certificate_is_revoked_the_card_is_not_asked) {
  BelowMiddle login({middle(1), middle(2)});
  login.revoked = {1, 2};
  login.on_card(middle(3));
  login.expect_refused(Verdict::kIssuerRevoked, 0);
  expect_contains(login.person.log_lines.back(), "scripted, depth 1");
}
END_TEST

START_TEST(a_card_brings_the_certificate_that_was_renewed) {
  const Blob over = middle(1, kToday);
  BelowMiddle login({over});
  login.on_card(middle(2));
  login.expect_accepted(1, 2);
  // As without one, which is unlike a revoked one.
  BelowMiddle none({});
  none.on_card(middle(2));
  none.expect_accepted(1, 2);
  BelowMiddle revoked({over});
  revoked.on_card(middle(2));
  revoked.revoked = {2};
  revoked.expect_refused(Verdict::kIssuerRevoked, 1);
}
END_TEST

START_TEST(an_authority_that_is_over_is_told_as_such) {
  const Blob over = middle(1, kToday);
  BelowMiddle login({over});
  login.expect_refused(Verdict::kIssuerExpired, 1);
  ck_assert(login.seen.empty());
  BelowMiddle both({over}, kToday);
  both.on_card(middle(2));
  both.expect_refused(Verdict::kCertificateExpired, 0);
}
END_TEST

// What the register of cards is told: a path that is valid and whose authority is revoked, or none.
START_TEST(a_refusal_tells_whose_it_is) {
  const auto refusal_of = [](BelowMiddle& login, revocation::RevocationCheck* check) {
    const engine::Candidate candidate{&login.token,
                                      {1},
                                      std::move(*x509::Certificate::decode(login.token.end_entities[0].der)),
                                      x509::Kind::kJpkiAuthentication};
    const auto path = engine::check_path(candidate, login.services(), check);
    ck_assert(!path);
    return path.error();
  };
  BelowMiddle revoked({middle(1)});
  revoked.revoked = {1};
  const auto by_revocation = refusal_of(revoked, &revoked.revocation);
  ck_assert(by_revocation.by_revocation && by_revocation.verdict == Verdict::kIssuerRevoked);
  expect_text(by_revocation.anchor, revoked.anchors[0].name);
  expect_text(by_revocation.cause, "scripted, depth 1");
  BelowMiddle over({middle(1, kToday)});
  for (revocation::RevocationCheck* const check :
       {static_cast<revocation::RevocationCheck*>(nullptr),
        static_cast<revocation::RevocationCheck*>(&over.revocation)}) {
    const auto expired = refusal_of(over, check);
    ck_assert(!expired.by_revocation && expired.verdict == Verdict::kIssuerExpired);
  }
}
END_TEST

// Who only chooses among cards asks nobody about revocation.
START_TEST(without_a_check_the_first_valid_path_counts) {
  BelowMiddle login({middle(1), middle(2)});
  login.revoked = {1, 2};
  const engine::Candidate candidate{&login.token,
                                    {1},
                                    std::move(*x509::Certificate::decode(login.token.end_entities[0].der)),
                                    x509::Kind::kJpkiAuthentication};
  const auto path = engine::check_path(candidate, login.services());
  ck_assert(path.has_value() && path->certificate.issuer().serial().back() == 1);
  ck_assert(login.seen.empty());
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("path_check");
  TCase* tests = tcase_create("path_check");
  for (const auto* test :
       {a_revoked_authority_is_gone_around, where_every_certificate_is_revoked_the_card_is_not_asked,
        a_card_brings_the_certificate_that_was_renewed, an_authority_that_is_over_is_told_as_such,
        a_refusal_tells_whose_it_is, without_a_check_the_first_valid_path_counts})
    tcase_add_test(tests, test);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  static const World the_world;
  world = &the_world;
  return run_suite(suite());
}
