// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The compiled CRL index beside the linear walk: the same answers, from any CRL, at any size.
#include "tests/unit/validator/crl_fixture.h"
#include "tests/unit/validator/crl_index_fixture.h"
#include "validator/asn1/der_values.h"
#include "validator/crl/crl_entries.h"
#include "validator/crl/crl_index_layout.h"
#include "validator/crl/decoded_crl.h"
#include "validator/x509/digest.h"

#include <random>

namespace jpki::test {
namespace {

x509::Name name_of(const Blob& der) {
  auto name = x509::decode_name(der);
  if (!name) ck_abort_msg("%s", name.error().c_str());
  return std::move(*name);
}

// What a reason does to a certificate; the reason itself may differ when a serial is listed twice.
int effect(const std::optional<Reason>& reason) {
  if (!reason) return 0;
  if (*reason == Reason::kRemoveFromCrl) return 1;
  return *reason == Reason::kCertificateHold ? 2 : 3;
}

void expect_same(const IndexedCrl& indexed, const DecodedCrl& linear, Bytes serial,
                 const x509::Name& issuer) {
  const auto found = indexed.find(serial, issuer);
  const auto walked = linear.find(serial, issuer);
  ck_assert_msg(found.has_value(), "%s", found ? "" : found.error().c_str());
  ck_assert_int_eq(effect(*found), effect(*walked));
}

Blob random_serial(std::mt19937& random, std::size_t max_size) {
  Blob serial(1 + random() % max_size);
  for (auto& octet : serial) octet = static_cast<std::uint8_t>(random() % 5 == 0 ? random() : random() % 3);
  while (!asn1::is_integer(serial)) serial.erase(serial.begin());
  return serial;
}

START_TEST(random_crls_answer_as_the_linear_walk_does) {
  std::mt19937 random(static_cast<unsigned>(_i) + 1);
  const std::size_t max_size = std::array<std::size_t, 5>{1, 8, 12, 20, 30}[static_cast<std::size_t>(_i) % 5];
  auto builder = full_crl();
  builder.entries.clear();
  std::vector<Blob> serials;
  for (std::size_t n = random() % 400; n > 0; --n) {
    serials.push_back(random_serial(random, max_size));
    const std::uint8_t reasons[] = {0, 1, 4, 6};
    std::optional<std::uint8_t> reason;
    if (random() % 2 == 0) reason = reasons[random() % 4];
    builder.revoke(serials.back(), kNow - kDay, reason);
  }
  const TemporaryDirectory directory;
  const Compiled compiled(directory, {builder.sign(key("root"))});
  const auto linear = DecodedCrl::decode(compiled.crls.front());
  const auto section = compiled.section(0);
  for (const auto& serial : serials) expect_same(section, *linear, serial, name_of(authority_name()));
  for (int n = 0; n < 300; ++n)
    expect_same(section, *linear, random_serial(random, max_size + 2), name_of(authority_name()));
  ck_assert(CrlIndex::intact(section));
}
END_TEST

START_TEST(a_serial_listed_twice_has_the_reason_that_weighs_more) {
  auto builder = full_crl();
  builder.revoke(Blob{0x33}, kNow - kDay, std::uint8_t{1});
  builder.revoke(Blob{0x33}, kNow - kDay, kCertificateHold);
  builder.revoke(Blob{0x34}, kNow - kDay, kCertificateHold);
  builder.revoke(Blob{0x34}, kNow - kDay);
  const TemporaryDirectory directory;
  const Compiled compiled(directory, {builder.sign(key("root"))});
  const auto section = compiled.section(0);
  ck_assert(*section.find(Blob{0x33}, name_of(authority_name())) == Reason::kKeyCompromise);
  ck_assert(*section.find(Blob{0x34}, name_of(authority_name())) == Reason::kUnspecified);
  ck_assert_uint_eq(section.entry_count(), 4);
}
END_TEST

START_TEST(another_issuers_serial_is_not_listed) {
  const TemporaryDirectory directory;
  const Compiled compiled(directory, {full_crl().sign(key("root"))});
  ck_assert(compiled.section(0).find(Blob{0x11}, name_of(authority_name()))->has_value());
  ck_assert(!compiled.section(0).find(Blob{0x11}, name_of(person_name()))->has_value());
}
END_TEST

START_TEST(a_serial_longer_than_its_room_is_hashed) {
  const Blob longest(layout::kMaxSerialRoom, 0x5a), longer(layout::kMaxSerialRoom + 1, 0x5a);
  Blob entry(layout::kMaxSerialRoom + layout::kEntryOverhead, 0xee);
  ck_assert(layout::put_entry_key(entry.data(), entry.size(), 0x0102, longest));
  ck_assert(entry[0] == 0x01 && entry[1] == 0x02 && entry[2] == layout::kMaxSerialRoom);
  ck_assert(std::ranges::equal(Bytes(entry).subspan(3, longest.size()), longest));
  ck_assert(layout::put_entry_key(entry.data(), entry.size(), 0x0102, longer));
  ck_assert(entry[0] == 0x01 && entry[1] == 0x02 && entry[2] == layout::kHashedSerial);
  const auto digest = x509::sha256(longer);
  ck_assert(std::ranges::equal(Bytes(entry).subspan(3, longest.size()), Bytes(digest).first(longest.size())));
  ck_assert(entry.back() == 0xee);
  ck_assert(!layout::put_entry_key(entry.data(), entry.size() - 1, 0x0102, longest));
  ck_assert(!layout::put_entry_key(entry.data(), entry.size() - 1, 0x0102, longer));
}
END_TEST

START_TEST(a_serial_shorter_than_its_room_is_padded) {
  Blob entry(12, 0xee);
  ck_assert(layout::put_entry_key(entry.data(), entry.size(), 0x0102, Blob{0x31, 0x32}));
  ck_assert((entry == Blob{1, 2, 2, 0x31, 0x32, 0, 0, 0, 0, 0, 0, 0xee}));  // the reason is the caller's
  ck_assert(layout::put_entry_key(entry.data(), entry.size(), 0, Blob(8, 0x31)));
  ck_assert(!layout::put_entry_key(entry.data(), entry.size(), 0, Blob(9, 0x31)));
}
END_TEST

// The value of certificateIssuer (RFC 5280 5.3.3).
pki::Extension certificate_issuer(std::initializer_list<Blob> names) {
  Blob general_names;
  for (const Blob& name : names) der::append(general_names, pki::directory_name(name));
  return {"2.5.29.29", true, der::tlv(der::kSequence, general_names)};
}

START_TEST(an_indirect_crl_knows_whose_serial_it_is) {
  auto builder = scoped_crl({.indirect_crl = true});
  const Blob other = person_name("OTHER CA"), third = person_name("THIRD CA");
  const auto revoke = [&](std::uint8_t serial, std::vector<pki::Extension> extensions) {
    builder.entries.push_back({Blob{serial}, kNow - kDay, std::nullopt, std::move(extensions)});
  };
  revoke(0x21, {});
  revoke(0x22, {certificate_issuer({other})});
  revoke(0x23, {});
  revoke(0x24, {certificate_issuer({third, other})});
  revoke(0x25, {certificate_issuer({authority_name(der::kPrintableString)})});
  const TemporaryDirectory directory;
  const Compiled compiled(directory, {builder.sign(key("root"))});
  const auto linear = DecodedCrl::decode(compiled.crls.front());
  int listed = 0;
  for (const Blob& issuer : {authority_name(), other, third, person_name("NOBODY")})
    for (std::uint8_t serial = 0x10; serial < 0x30; ++serial) {
      expect_same(compiled.section(0), *linear, Blob{serial}, name_of(issuer));
      listed += effect(*linear->find(Blob{serial}, name_of(issuer))) != 0 ? 1 : 0;
    }
  ck_assert_int_eq(listed, 2 + 6);
}
END_TEST

START_TEST(a_delta_keeps_its_removals) {
  auto builder = full_crl().add(pki::delta_crl_indicator(6));
  builder.revoke(Blob{0x44}, kNow - kDay, std::uint8_t{8});
  const TemporaryDirectory directory;
  const Compiled compiled(directory, {builder.sign(key("root"))});
  const auto section = compiled.section(0);
  ck_assert(section.header().base_crl_number.has_value());
  ck_assert(*section.find(Blob{0x44}, name_of(authority_name())) == Reason::kRemoveFromCrl);
}
END_TEST

START_TEST(the_header_is_that_of_the_crl) {
  const TemporaryDirectory directory;
  const Compiled compiled(directory, {city_crl("Chiyoda CRLDP").sign(key("root"))});
  const auto linear = DecodedCrl::decode(compiled.crls.front());
  const auto section = compiled.section(0);
  const CrlHeader &a = section.header(), &b = linear->header();
  ck_assert(std::ranges::equal(a.issuer_der, b.issuer_der));
  ck_assert(a.this_update == b.this_update && a.next_update == b.next_update);
  ck_assert(std::ranges::equal(*a.crl_number, *b.crl_number));
  ck_assert(std::ranges::equal(*a.issuing_distribution_point, *b.issuing_distribution_point));
  ck_assert(!a.base_crl_number && !a.unknown_critical_extension);
  expect_text(section.source().name, "0.crl");
}
END_TEST

START_TEST(only_the_key_that_verified_it_verifies_it_again) {
  const TemporaryDirectory directory;
  auto weak = full_crl();
  weak.signature.digest = pki::Digest::kSha1;
  const Compiled compiled(directory, {full_crl().sign(key("root")), weak.sign(key("root"))});
  const Blob spki = key("root").subject_public_key_info();
  ck_assert(compiled.section(0).verify(spki, {}).has_value());
  const auto other = compiled.section(0).verify(key("other").subject_public_key_info(), {});
  ck_assert(other.error() == x509::SignatureError::kInvalid);
  ck_assert(compiled.section(1).verify(spki, {}).error() == x509::SignatureError::kWeak);
  ck_assert(compiled.section(1).verify(spki, {.allow_sha1 = true}).has_value());
  const x509::AlgorithmPolicy strict{.allow_sha1 = false, .min_rsa_bits = 4096};
  ck_assert(compiled.section(0).verify(spki, strict).error() == x509::SignatureError::kWeak);
}
END_TEST

START_TEST(candidates_are_the_crls_of_the_certificates_scope) {
  const TemporaryDirectory directory;
  auto foreign = full_crl(person_name("OTHER CA"));
  const Compiled compiled(directory,
                          {
                              city_crl("Minato CRLDP").sign(key("root")),
                              city_crl("Chiyoda CRLDP").sign(key("old-root")),
                              city_crl("Chiyoda CRLDP", der::kPrintableString).sign(key("root")),
                              full_crl().sign(key("root")),
                              foreign.sign(key("root")),
                          },
                          {"root", "old-root", "root", "root", "root"});
  const auto subject = decoded(person().sign(key("root")));
  const auto issuer = decoded(root());
  const auto found = compiled.index.candidates(subject, issuer);
  ck_assert(found.has_value());
  std::string names;
  for (const auto& crl : *found) names += crl.source().name + " ";
  expect_text(names, "2.crl 3.crl 1.crl ");
}
END_TEST

START_TEST(a_crl_by_another_signer_is_a_candidate) {
  const TemporaryDirectory directory;
  const Blob signer = person_name("CRL SIGNER");
  auto indirect = full_crl(signer).add(pki::issuing_distribution_point(
      {.distribution_point = partition("Chiyoda CRLDP"), .indirect_crl = true}));
  const Compiled compiled(directory, {indirect.sign(key("signer"))}, {"signer"});
  auto subject = person();
  std::erase_if(subject.extensions, [](const auto& e) { return e.oid == pki::oid::kCrlDistributionPoints; });
  const Blob point = der::sequence({der::tlv(der::context_constructed(0), partition("Chiyoda CRLDP")),
                                    der::tlv(der::context_constructed(2), pki::directory_name(signer))});
  subject.add({pki::oid::kCrlDistributionPoints, false, der::sequence({point})});
  const auto found = compiled.index.candidates(decoded(subject.sign(key("root"))), decoded(root()));
  ck_assert(found.has_value());
  ck_assert_uint_eq(found->size(), 1);
}
END_TEST

// A malformed one, or one without a cRLIssuer, hides none behind it.
START_TEST(each_distribution_point_is_looked_for) {
  const TemporaryDirectory directory;
  const Blob signer = person_name("CRL SIGNER");
  auto indirect = full_crl(signer).add(pki::issuing_distribution_point({.indirect_crl = true}));
  const Compiled compiled(directory,
                          {indirect.sign(key("signer")), city_crl("Chiyoda CRLDP").sign(key("root"))},
                          {"signer", "root"});
  const auto subject =
      person().replace(pki::crl_distribution_points_of({{.reasons = std::uint16_t{2}},
                                                        {.name = partition("Chiyoda CRLDP")},
                                                        {.crl_issuer = {pki::directory_name(signer)}}}));
  const auto found = compiled.index.candidates(decoded(subject.sign(key("root"))), decoded(root()));
  ck_assert(found.has_value());
  ck_assert_uint_eq(found->size(), 2);
}
END_TEST

START_TEST(an_index_may_be_empty) {
  const TemporaryDirectory directory;
  const Compiled compiled(directory, {});
  ck_assert_uint_eq(compiled.index.section_count(), 0);
  const auto found = compiled.index.candidates(decoded(person().sign(key("root"))), decoded(root()));
  ck_assert(found.has_value() && found->empty());
}
END_TEST

START_TEST(five_thousand_partitions_are_told_apart) {
  constexpr int kCities = 5100;
  const TemporaryDirectory directory;
  const std::string path = directory.path("crl.idx");
  auto writer = CrlIndexWriter::create(path);
  for (int city = 0; city < kCities; ++city) {
    auto builder = city_crl("City " + std::to_string(city));
    builder.revoke(der::integer(static_cast<std::uint64_t>(city) + 1000), kNow - kDay);
    builder.entries.back().serial.erase(builder.entries.back().serial.begin(),
                                        builder.entries.back().serial.begin() + 2);
    const Blob der = builder.sign(key("short"));
    const auto crl = decode_crl(der);
    ck_assert(writer->add(*crl, key_digest("root"), {"x.crl", der.size(), 0, 0}).has_value());
  }
  ck_assert(writer->commit().has_value());
  const auto index = CrlIndex::open(path, own_files());
  ck_assert_uint_eq(index->section_count(), kCities);
  const auto issuer = decoded(root());
  for (int city = 0; city < kCities; city += 97) {
    auto subject = person();
    std::erase_if(subject.extensions,
                  [](const auto& e) { return e.oid == pki::oid::kCrlDistributionPoints; });
    subject.add(pki::crl_distribution_points({partition("city  " + std::to_string(city))}));
    const auto found = index->candidates(decoded(subject.sign(key("short"))), issuer);
    ck_assert_uint_eq(found->size(), 1);
    const Blob serial = der::integer(static_cast<std::uint64_t>(city) + 1000);
    ck_assert(found->front().find(Bytes(serial).subspan(2), name_of(authority_name()))->has_value());
    ck_assert(!found->front().find(Blob{0x55}, name_of(authority_name()))->has_value());
  }
}
END_TEST

START_TEST(a_section_moves_to_the_next_index) {
  const TemporaryDirectory directory;
  auto builder = full_crl();
  for (std::uint8_t i = 0; i < 200; ++i) builder.revoke(Blob{0x01, i, i}, kNow - kDay, std::uint8_t{4});
  const Compiled old(directory, {city_crl("Minato CRLDP").sign(key("root")), builder.sign(key("root"))});
  const std::string path = directory.path("new.idx");
  auto writer = CrlIndexWriter::create(path);
  for (const std::uint32_t number : {1u, 0u})
    ck_assert(writer->copy(old.section(number), {"renamed.crl", 1, 2, 3}).has_value());
  ck_assert(writer->commit().has_value());
  const auto index = CrlIndex::open(path, own_files());
  const auto moved = index->section(0);
  ck_assert(*moved->find(Blob{0x01, 7, 7}, name_of(authority_name())) == Reason::kSuperseded);
  ck_assert(moved->series() == old.section(1).series());
  expect_text(moved->source().name, "renamed.crl");
  ck_assert(moved->verify(key("root").subject_public_key_info(), {}).has_value());
}
END_TEST

START_TEST(a_crl_with_a_bad_entry_leaves_the_others) {
  const TemporaryDirectory directory;
  auto bad = full_crl();
  for (std::uint8_t i = 0; i < 200; ++i) bad.revoke(Blob{0x01, i, i}, kNow - kDay);
  bad.entries.push_back({Blob{0x35}, kNow - kDay, std::nullopt, {{"2.999.1", true, Blob{0x05, 0}}}});
  const std::string path = directory.path("crl.idx");
  auto writer = CrlIndexWriter::create(path);
  const Blob bad_der = bad.sign(key("root")), good_der = full_crl().sign(key("root"));
  const auto refused = writer->add(*decode_crl(bad_der), key_digest("root"), {"bad.crl", 1, 2, 3});
  ck_assert(!refused.has_value() && refused.error().crl_unusable);
  expect_contains(refused.error().text, "RFC 5280 5.3");
  ck_assert(writer->add(*decode_crl(good_der), key_digest("root"), {"good.crl", 1, 2, 3}).has_value());
  ck_assert(writer->commit().has_value());
  const auto index = CrlIndex::open(path, own_files());
  ck_assert_uint_eq(index->section_count(), 1);
  ck_assert(index->section(0)->find(Blob{0x11}, name_of(authority_name()))->has_value());
}
END_TEST

START_TEST(more_crls_than_are_looked_at_are_an_error) {
  const TemporaryDirectory directory;
  const auto leaf = decoded(person().sign(key("root"))), issuer = decoded(root());
  std::vector<Blob> crls(256, full_crl().sign(key("root")));
  const auto most = test::compile(directory.path("most.idx"), crls).candidates(leaf, issuer);
  ck_assert(most.has_value() && most->size() == 256);
  crls.push_back(crls.front());
  const auto too_many = test::compile(directory.path("too-many.idx"), crls).candidates(leaf, issuer);
  ck_assert(!too_many.has_value());
  expect_contains(too_many.error(), "more than 256 CRLs");
}
END_TEST

START_TEST(series_are_what_replaces_each_other) {
  const auto root_key = key_digest("root");
  const auto series = [&](const pki::CrlBuilder& builder, const x509::Sha256& signer) {
    const Blob der = builder.sign(key("short"));
    return *series_of(decode_crl(der)->header, signer);
  };
  auto newer = full_crl();
  newer.this_update = kNow;
  newer.extensions.clear();
  newer.add(pki::crl_number(8));
  ck_assert(series(full_crl(), root_key) == series(newer, root_key));
  ck_assert(series(full_crl(authority_name(der::kPrintableString)), root_key) == series(newer, root_key));
  ck_assert(series(city_crl("A"), root_key) == series(city_crl("a", der::kPrintableString), root_key));
  ck_assert(series(city_crl("A"), root_key) != series(city_crl("B"), root_key));
  ck_assert(series(full_crl(), root_key) != series(full_crl(), key_digest("other")));
  ck_assert(series(full_crl(), root_key) != series(full_crl().add(pki::delta_crl_indicator(1)), root_key));
  ck_assert(series(scoped_crl({.only_contains_ca_certs = true}), root_key) !=
            series(scoped_crl({.only_contains_user_certs = true}), root_key));
}
END_TEST

}  // namespace
}  // namespace jpki::test

int main() {
  using namespace jpki::test;
  for (const char* name : {"root", "old-root", "other", "signer", "short", "person"}) (void)key(name);
  Suite* suite = suite_create("crl_index");
  TCase* tests = tcase_create("index");
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, random_crls_answer_as_the_linear_walk_does, 0, 20);
  tcase_add_test(tests, a_serial_listed_twice_has_the_reason_that_weighs_more);
  tcase_add_test(tests, another_issuers_serial_is_not_listed);
  tcase_add_test(tests, a_serial_longer_than_its_room_is_hashed);
  tcase_add_test(tests, a_serial_shorter_than_its_room_is_padded);
  tcase_add_test(tests, an_indirect_crl_knows_whose_serial_it_is);
  tcase_add_test(tests, a_delta_keeps_its_removals);
  tcase_add_test(tests, the_header_is_that_of_the_crl);
  tcase_add_test(tests, only_the_key_that_verified_it_verifies_it_again);
  tcase_add_test(tests, candidates_are_the_crls_of_the_certificates_scope);
  tcase_add_test(tests, a_crl_by_another_signer_is_a_candidate);
  tcase_add_test(tests, each_distribution_point_is_looked_for);
  tcase_add_test(tests, an_index_may_be_empty);
  tcase_add_test(tests, five_thousand_partitions_are_told_apart);
  tcase_add_test(tests, a_section_moves_to_the_next_index);
  tcase_add_test(tests, a_crl_with_a_bad_entry_leaves_the_others);
  tcase_add_test(tests, more_crls_than_are_looked_at_are_an_error);
  tcase_add_test(tests, series_are_what_replaces_each_other);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
