// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/crl_check.h"

#include "tests/unit/validator/crl_fixture.h"
#include "validator/crl/crl_entries.h"
#include "validator/crl/decoded_crl.h"
#include "validator/crl/distribution_point.h"

#include <algorithm>
#include <deque>

namespace {

using namespace jpki;
using namespace jpki::test;
using crl::CrlPolicy;
using crl::decode_crl;
using crl::DecodedCrl;
using crl::Standing;
using x509::Certificate;

struct Subject {
  Blob certificate = person().sign(key("root"));
  Blob issuer = root();
  CrlPolicy policy;
  Time now = kNow;

  crl::Finding finding(const std::vector<Blob>& crls) const {
    const Certificate subject_certificate = decoded(certificate);
    const trust::Anchor root_anchor = anchor(issuer);
    const Certificate* chain[] = {&root_anchor.certificate};
    std::deque<DecodedCrl> decoded_crls;
    std::vector<const crl::CrlView*> views;
    for (const Blob& bytes : crls) {
      auto crl = DecodedCrl::decode(bytes);
      ck_assert_msg(crl.has_value(), "%s", crl ? "" : crl.error().c_str());
      views.push_back(&decoded_crls.emplace_back(std::move(*crl)));
    }
    return check_crls(subject_certificate, chain, views, {{}, {}, &root_anchor, policy, now});
  }
};

void expect(const Subject& subject, const std::vector<Blob>& crls, Standing expected,
            const std::string& clause = "") {
  const auto finding = subject.finding(crls);
  ck_assert_msg(finding.standing == expected, "standing %d: %s", static_cast<int>(finding.standing),
                finding.clause.c_str());
  expect_contains(finding.clause, clause);
}

void expect(pki::CrlBuilder crl, Standing expected, const std::string& clause = "") {
  expect(Subject(), {crl.sign(key("root"))}, expected, clause);
}

const Blob& signed_by_root(pki::CrlBuilder crl) {
  static Blob bytes;
  return bytes = crl.sign(key("root"));
}

pki::CrlBuilder revoking(pki::CrlBuilder crl, std::optional<std::uint8_t> reason = {}) {
  return crl.revoke(kPersonSerial, kNow - kDay, reason);
}

START_TEST(good_and_revoked) {
  expect(full_crl(), Standing::kGood);
  expect(city_crl("Chiyoda CRLDP"), Standing::kGood);
  expect(revoking(full_crl()), Standing::kRevoked, "6.3.3(j)");
  expect(revoking(city_crl("Chiyoda CRLDP"), std::uint8_t{1}), Standing::kRevoked);
  expect(revoking(full_crl(), kCertificateHold), Standing::kRevoked);
  const auto gone = Subject().finding({signed_by_root(revoking(full_crl(), std::uint8_t{1}))});
  ck_assert(!gone.on_hold && gone.this_update == kNow - std::chrono::hours(6));
  const auto held = Subject().finding({signed_by_root(revoking(full_crl(), kCertificateHold))});
  ck_assert(held.on_hold && held.this_update == kNow - std::chrono::hours(6));
  auto empty = full_crl();
  empty.entries.clear();
  expect(empty, Standing::kGood);
  ck_assert(Subject().finding({signed_by_root(full_crl())}).this_update == kNow - std::chrono::hours(6));
}
END_TEST

// Of the oldest that kGood rests on; a delta that is silent leaves it at the time of its base.
START_TEST(what_time_good_lifts_a_hold_of) {
  using std::chrono::hours;
  const auto lifts = [](const std::vector<Blob>& crls) {
    const auto finding = Subject().finding(crls);
    ck_assert_int_eq(static_cast<int>(finding.standing), static_cast<int>(Standing::kGood));
    return finding.lifts;
  };
  const auto delta = [](pki::CrlBuilder crl) {
    crl.entries.clear();
    crl.this_update = kNow - hours(1);
    return crl.replace(pki::crl_number(9)).add(pki::delta_crl_indicator(7));
  };
  ck_assert(lifts({signed_by_root(full_crl())}) == kNow - hours(6));
  ck_assert(lifts({signed_by_root(full_crl()), signed_by_root(delta(full_crl()))}) == kNow - hours(6));
  const auto removing = delta(full_crl()).revoke(kPersonSerial, kNow - kDay, std::uint8_t{8});
  ck_assert(lifts({signed_by_root(full_crl()), signed_by_root(removing)}) == kNow - hours(1));
  // Of two bases that the delta updates, the newer one.
  auto older = full_crl();
  older.this_update = kNow - hours(8);
  const Blob bases[] = {signed_by_root(older), signed_by_root(full_crl().replace(pki::crl_number(8)))};
  for (const int first : {0, 1})
    ck_assert(lifts({bases[first], bases[1 - first], signed_by_root(delta(full_crl()))}) == kNow - hours(6));
  // For two sorts of reasons, in either order of what lifts and what was told last.
  const auto some = scoped_crl({.only_some_reasons = std::uint16_t{0x0006}});
  auto others = scoped_crl({.only_some_reasons = std::uint16_t{0x01f8}});
  for (const auto& [age, lifted] : {std::pair(3, 6), {8, 8}}) {
    others.this_update = kNow - hours(age);
    ck_assert(lifts({signed_by_root(some), signed_by_root(delta(some)), signed_by_root(others)}) ==
              kNow - hours(lifted));
  }
}
END_TEST

START_TEST(names_across_string_types) {
  expect(city_crl("chiyoda  crldp", der::kPrintableString), Standing::kGood);
  auto crl = revoking(full_crl(authority_name(der::kPrintableString)));
  expect(crl, Standing::kRevoked);
}
END_TEST

START_TEST(wrong_city) {
  expect(city_crl("Osaka CRLDP"), Standing::kNotCovered);
  // It neither helps nor harms, and does not take the place of one that revokes.
  const Blob revokes = revoking(city_crl("Chiyoda CRLDP")).sign(key("root"));
  const Blob other = city_crl("Osaka CRLDP").sign(key("root"));
  expect(Subject(), {revokes, other}, Standing::kRevoked);
  expect(Subject(), {other, revokes}, Standing::kRevoked);
  const Blob other_revokes = revoking(city_crl("Osaka CRLDP")).sign(key("root"));
  expect(Subject(), {other_revokes, city_crl("Chiyoda CRLDP").sign(key("root"))}, Standing::kGood);
}
END_TEST

START_TEST(clean_list_after_a_revoking_one) {
  auto newer = city_crl("Chiyoda CRLDP");
  newer.this_update = kNow - std::chrono::hours(1);
  const Blob revokes = revoking(city_crl("Chiyoda CRLDP")).sign(key("root"));
  expect(Subject(), {revokes, newer.sign(key("root"))}, Standing::kRevoked);
  expect(Subject(), {newer.sign(key("root")), revokes}, Standing::kRevoked);
}
END_TEST

START_TEST(issuers) {
  const auto other_name = pki::distinguished_name({pki::country("JP"), pki::organization("LGPKI-TEST")});
  expect(full_crl(other_name), Standing::kNotCovered);
  // Another generation's key under the same name: its key identifier tells; without one it is a bad
  // signature.
  auto crl = revoking(full_crl());
  expect(Subject(), {crl.sign(key("impostor"))}, Standing::kBroken, "6.3.3(g)");
  crl.add(pki::authority_key_identifier(key("impostor").key_identifier()));
  expect(Subject(), {crl.sign(key("impostor"))}, Standing::kNotCovered);
  // The identifier alone excludes nothing.
  expect(crl, Standing::kRevoked);

  Subject no_crl_sign;
  no_crl_sign.issuer = authority(authority_name(), authority_name(), "root")
                           .replace(pki::key_usage({pki::KeyUsage::kKeyCertSign}))
                           .sign(key("root"));
  expect(no_crl_sign, {signed_by_root(full_crl())}, Standing::kBroken, "6.3.3(f)");
}
END_TEST

START_TEST(bad_signatures) {
  auto crl = full_crl();
  crl.signature.corrupt = true;
  expect(crl, Standing::kBroken, "6.3.3(g)");
  expect(Subject(), {crl.sign(key("root")), signed_by_root(full_crl())}, Standing::kGood);
  auto weak = full_crl();
  weak.signature.digest = pki::Digest::kSha1;
  expect(weak, Standing::kBroken, "too weak");
  Subject lenient;
  lenient.policy.algorithms.allow_sha1 = true;
  expect(lenient, {weak.sign(key("root"))}, Standing::kGood);
}
END_TEST

START_TEST(freshness) {
  auto expired = full_crl();
  expired.next_update = kNow - std::chrono::seconds(1);
  expect(expired, Standing::kStale, "nextUpdate");
  auto endless = full_crl();
  endless.next_update.reset();
  expect(endless, Standing::kBroken, "no nextUpdate");
  auto old = full_crl();
  old.this_update = kNow - std::chrono::hours(49);
  expect(old, Standing::kStale, "max_age");
  auto future = full_crl();
  future.this_update = kNow + std::chrono::minutes(6);
  expect(future, Standing::kBroken, "check the clock");
  future.this_update = kNow + std::chrono::minutes(4);
  expect(future, Standing::kGood);

  const std::vector<Blob> both{expired.sign(key("root")), full_crl().sign(key("root"))};
  expect(Subject(), both, Standing::kGood);
  ck_assert(Subject().finding({old.sign(key("root")), future.sign(key("root"))}).this_update ==
            future.this_update);
}
END_TEST

START_TEST(stale_lists_still_revoke_for_good) {
  auto expired = full_crl();
  expired.next_update = kNow - std::chrono::seconds(1);
  const Blob fresh = full_crl().sign(key("root"));
  expect(Subject(), {fresh, revoking(expired).sign(key("root"))}, Standing::kRevoked);
  expect(Subject(), {fresh, revoking(expired, kCertificateHold).sign(key("root"))}, Standing::kGood);
  expect(revoking(expired, kCertificateHold), Standing::kStale);
}
END_TEST

START_TEST(scopes) {
  expect(scoped_crl({.only_contains_user_certs = true}), Standing::kGood);
  expect(scoped_crl({.only_contains_ca_certs = true}), Standing::kNotCovered);
  expect(scoped_crl({.only_some_reasons = std::uint16_t{2}}), Standing::kNotCovered);
  expect(scoped_crl({.indirect_crl = true}), Standing::kGood);
  expect(scoped_crl({.only_contains_attribute_certs = true}), Standing::kNotCovered);
  expect(full_crl().add(pki::delta_crl_indicator(3)), Standing::kNotCovered);
  Subject ca;
  ca.certificate = authority(authority_name(), person_name(), "person").sign(key("root"));
  expect(ca, {signed_by_root(scoped_crl({.only_contains_ca_certs = true}))}, Standing::kGood);
  expect(ca, {signed_by_root(scoped_crl({.only_contains_user_certs = true}))}, Standing::kNotCovered);
}
END_TEST

START_TEST(distribution_points) {
  Subject without;
  without.certificate = person().remove(pki::oid::kCrlDistributionPoints).sign(key("root"));
  expect(without, {signed_by_root(full_crl())}, Standing::kGood);
  expect(without, {signed_by_root(city_crl("Chiyoda CRLDP"))}, Standing::kNotCovered);
  const auto issuer_point = pki::distribution_point_name(pki::directory_name(authority_name()));
  expect(without, {signed_by_root(scoped_crl({.distribution_point = issuer_point}))}, Standing::kGood);

  Subject uri;
  const auto uri_point = pki::distribution_point_name(pki::uri_name("http://crl.test/1.crl"));
  uri.certificate = person().replace(pki::crl_distribution_points({uri_point})).sign(key("root"));
  expect(uri, {signed_by_root(scoped_crl({.distribution_point = uri_point}))}, Standing::kGood);
  const auto other_uri = pki::distribution_point_name(pki::uri_name("http://crl.test/2.crl"));
  expect(uri, {signed_by_root(scoped_crl({.distribution_point = other_uri}))}, Standing::kNotCovered);

  // A point for some reasons only, or with another CRL issuer, promises no complete answer.
  for (const Blob& field :
       {der::tlv(der::context(1), Blob{0x06, 0x40}),
        der::tlv(der::context_constructed(2), Bytes(pki::directory_name(authority_name())))}) {
    const Blob name = der::tlv(der::context_constructed(0), Bytes(partition("Chiyoda CRLDP")));
    const Blob point = der::sequence({Bytes(name), Bytes(field)});
    Subject partial;
    partial.certificate =
        person()
            .replace({pki::oid::kCrlDistributionPoints, false, der::sequence({Bytes(point)})})
            .sign(key("root"));
    expect(partial, {signed_by_root(city_crl("Chiyoda CRLDP"))}, Standing::kNotCovered);
  }
}
END_TEST

START_TEST(relative_names) {
  const Blob rdn = der::sequence({Bytes(der::oid("2.5.4.3")), Bytes(der::text(der::kUtf8String, "CRL1"))});
  const Blob relative = der::tlv(der::context_constructed(1), rdn);
  const Blob full = pki::distribution_point_name(pki::directory_name(
      pki::distinguished_name({pki::country("JP"), pki::organization("JPKI-TEST"),
                               pki::organizational_unit("JPKI for user authentication"),
                               pki::organizational_unit("Test Agency"), pki::common_name("CRL1")})));
  Subject subject;
  subject.certificate = person().replace(pki::crl_distribution_points({relative})).sign(key("root"));
  expect(subject, {signed_by_root(scoped_crl({.distribution_point = full}))}, Standing::kGood);
  expect(subject, {signed_by_root(scoped_crl({.distribution_point = relative}))}, Standing::kGood);
  expect(subject, {signed_by_root(city_crl("Chiyoda CRLDP"))}, Standing::kNotCovered);
}
END_TEST

START_TEST(critical_extensions) {
  expect(full_crl().add({"2.999.1", true, der::null()}), Standing::kBroken, "5.2");
  expect(full_crl().add({"2.999.1", false, der::null()}), Standing::kGood);
  const auto with_entry_extension = [](pki::Extension extension) {
    auto crl = full_crl();
    crl.entries[0].extensions.push_back(std::move(extension));
    return crl;
  };
  expect(with_entry_extension({"2.999.1", true, der::null()}), Standing::kBroken, "5.3");
  expect(with_entry_extension({"2.999.1", false, der::null()}), Standing::kGood);
  expect(with_entry_extension({"2.5.29.24", true, der::generalized_time(kNow)}), Standing::kGood);
  expect(with_entry_extension({"2.5.29.29", true, der::sequence({})}), Standing::kBroken,
         "certificateIssuer");
  expect(revoking(full_crl(), std::uint8_t{8}), Standing::kBroken, "removeFromCRL");
  expect(full_crl().add({pki::oid::kIssuingDistributionPoint, true, der::null()}), Standing::kBroken,
         "issuingDistributionPoint");
}
END_TEST

START_TEST(listed_twice) {
  auto crl = revoking(revoking(full_crl(), std::uint8_t{1}), kCertificateHold);
  crl.next_update = kNow - std::chrono::seconds(1);
  expect(crl, Standing::kRevoked);
}
END_TEST

START_TEST(entries_carry_their_issuer) {
  const Blob name = pki::directory_name(person_name());
  auto list = scoped_crl({.indirect_crl = true});
  list.entries[1].extensions.push_back(pki::certificate_issuer({name}));
  list.revoke(kPersonSerial, kNow, kCertificateHold);
  const Blob bytes = list.sign(key("root"));
  const auto crl = decode_crl(bytes);
  ck_assert(crl.has_value());
  crl::EntryReader reader(*crl);
  crl::CrlEntry entry;
  ck_assert(reader.next(entry) && entry.certificate_issuer.empty() && !entry.issuer_changed);
  ck_assert(reader.next(entry) && entry.issuer_changed && std::ranges::equal(entry.certificate_issuer, name));
  ck_assert(reader.next(entry) && !entry.issuer_changed &&
            std::ranges::equal(entry.certificate_issuer, name));
  ck_assert(std::ranges::equal(entry.serial, kPersonSerial) && entry.revocation_date == kNow);
  ck_assert(entry.reason == crl::Reason::kCertificateHold);
  ck_assert(!reader.next(entry) && !reader.error());
}
END_TEST

START_TEST(malformed_lists) {
  const Blob good = full_crl().sign(key("root"));
  for (std::size_t size = 0; size < good.size(); ++size)
    ck_assert(!decode_crl(Blob(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))));
  Blob trailing = good;
  trailing.push_back(0);
  ck_assert(!decode_crl(trailing));
  auto version_one = full_crl();
  version_one.version.reset();
  ck_assert(!decode_crl(version_one.sign(key("root"))));
  version_one.extensions.clear();
  expect(version_one, Standing::kBroken, "5.1.2.1");
  version_one.entries.pop_back();
  expect(version_one, Standing::kGood);
  auto twice = full_crl().add(pki::crl_number(8));
  ck_assert(!decode_crl(twice.sign(key("root"))));
  for (const Blob& serial : {Blob{}, Blob{0x00, 0x01}}) {
    auto crl = full_crl();
    crl.revoke(serial, kNow);
    expect(crl, Standing::kBroken, "revokedCertificates");
  }
}
END_TEST

// Whatever is damaged, a list never becomes one that clears the certificate it revokes.
START_TEST(no_flipped_bit_clears) {
  const Blob good = revoking(city_crl("Chiyoda CRLDP")).sign(key("root"));
  const Certificate subject = decoded(person().sign(key("root")));
  const trust::Anchor issuer = anchor(root());
  const Certificate* chain[] = {&issuer.certificate};
  const crl::CrlContext context{{}, {}, &issuer, {}, kNow};
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Blob flipped = good;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1u << bit % 8));
    const auto crl = decode_crl(flipped);
    if (!crl) continue;
    const DecodedCrl view(*crl);
    const crl::CrlView* views[] = {&view};
    ck_assert(check_crls(subject, chain, views, context).standing <= Standing::kStale);
  }
}
END_TEST

START_TEST(scopes_are_the_same_by_all_their_names) {
  const Blob one = to_blob(as_bytes("http://a.test/1")), two = to_blob(as_bytes("http://a.test/2"));
  const auto scope = [](std::initializer_list<Bytes> uris) {
    crl::IssuingDistributionPoint point{x509::GeneralNames(), {}};
    for (const Bytes uri : uris) point.name->push_back({x509::NameForm::kUri, uri, {}});
    return point;
  };
  ck_assert(crl::same_scope(scope({one, two}), scope({two, one})) && crl::same_scope({}, {}));
  ck_assert(!crl::same_scope(scope({one}), scope({one, two})) &&
            !crl::same_scope(scope({one, two}), scope({one})));
  ck_assert(!crl::same_scope(scope({one}), scope({two})) && !crl::same_scope(scope({one}), {}));
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("crl_check");
  TCase* tc = tcase_create("crl_check");
  tcase_set_timeout(tc, 60);
  for (const auto* test : {good_and_revoked, what_time_good_lifts_a_hold_of, names_across_string_types,
                           wrong_city, clean_list_after_a_revoking_one, issuers, bad_signatures, freshness,
                           stale_lists_still_revoke_for_good, scopes, distribution_points, relative_names,
                           critical_extensions, listed_twice, entries_carry_their_issuer, malformed_lists,
                           no_flipped_bit_clears, scopes_are_the_same_by_all_their_names})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "impostor"}) key(name);
  return run_suite(suite());
}
