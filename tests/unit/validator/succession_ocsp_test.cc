// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The source "ocsp": which answers count, what their extension may say, and which certificate it names.
#include "tests/unit/validator/evidence_fixture.h"
#include "validator/map/mapping_strings.h"
#include "validator/succession/known_certificates.h"
#include "validator/succession/replaced.h"

namespace {

using namespace jpki;
using namespace jpki::test;
using namespace jpki::succession;

constexpr char kOid[] = "2.999.1.7";
constexpr auto kKind = x509::Kind::kJpkiAuthentication;
const Blob kOldSerial{0x00, 0x9a, 0x0b, 0x0c};

pki::CertificateBuilder old_person(const std::string& issuer_key = "root") {
  auto builder = person(authority_name(), issuer_key);
  builder.serial = kOldSerial;
  builder.not_before = kNow - 5 * 365 * kDay;
  builder.not_after = kNow - kDay;
  return builder;
}

Blob serial(const Blob& contents = kOldSerial) {
  return der::raw_integer(contents);
}
Blob cert_id(const std::string& issuer_key = "root", pki::Digest digest = pki::Digest::kSha1,
             const Blob& issuer = authority_name()) {
  return tocsp::encode(tocsp::cert_id(digest, issuer, key(issuer_key).subject_public_key_info(), kOldSerial));
}

void refused(const Blob& value, const char* what) {
  ck_assert_msg(!decode_replaced(value), "accepted: %s", what);
}

void refused_when_cut(const Blob& value) {
  for (std::size_t size = 1; size < value.size(); ++size)
    refused(to_blob(Bytes(value).first(size)), "cut off");
}

START_TEST(a_serial_number_or_a_cert_id) {
  const Blob plain = serial();
  const auto number = decode_replaced(plain);
  ck_assert(number && !number->id && std::ranges::equal(number->serial, kOldSerial));
  ck_assert(decode_replaced(serial(Blob(20, 0x7f))).has_value());
  for (const auto digest : {pki::Digest::kSha1, pki::Digest::kSha256}) {
    const Blob value = cert_id("root", digest);
    const auto id = decode_replaced(value);
    ck_assert(id && id->id && std::ranges::equal(id->serial, kOldSerial));
  }
}
END_TEST

START_TEST(nothing_else) {
  const Blob good = serial();
  refused({}, "nothing");
  refused_when_cut(good);
  Blob more = good;
  more.push_back(0x00);
  refused(more, "an octet behind it");
  refused(serial({}), "no octets");
  refused(serial({0x00}), "zero");
  refused(serial({0x8f, 0x01}), "negative");
  refused(serial({0x00, 0x01}), "a superfluous zero");
  refused(serial(Blob(21, 0x7f)), "21 octets");
  refused({0x02, 0x81, 0x01, 0x05}, "a length that is not the shortest");
  refused({0x02, 0x80, 0x05, 0x00, 0x00}, "an indefinite length");
  refused({0x22, 0x03, 0x02, 0x01, 0x05}, "a constructed INTEGER");
  refused(der::enumerated(5), "an ENUMERATED");
  refused(der::null(), "a NULL");
  refused(der::octet_string(good), "an OCTET STRING in the OCTET STRING");
  refused(der::tlv(der::kUtf8String, as_bytes("9A0B0C")), "text");
  refused(der::sequence({Bytes(good)}), "a SEQUENCE of it");
  refused(der::sequence({Bytes(authority_name()), Bytes(good)}), "IssuerAndSerialNumber");
  refused(der::tlv(der::kSet, {Bytes(good)}), "a SET");
  refused(der::tlv(der::context(0), kOldSerial), "an implicit tag");
  refused(der::tlv(der::context_constructed(0), {Bytes(good)}), "an explicit tag");
  refused(cert_id("root", pki::Digest::kMd5), "a CertID by MD5");
  const Blob id = cert_id();
  refused_when_cut(id);
  Blob longer = id;
  longer.push_back(0x05);
  refused(longer, "a CertID and more");
  refused(tocsp::encode(tocsp::cert_id(pki::Digest::kSha1, authority_name(),
                                       key("root").subject_public_key_info(), Blob{0x8f})),
          "a CertID with a negative serial number");
}
END_TEST

struct Case {
  x509::Certificate leaf = decoded(person().sign(key("root")));
  x509::Certificate issuer = decoded(root());
  x509::Certificate older_generation = decoded(root("impostor"));
  std::vector<const x509::Certificate*> issuers{&issuer};
  std::vector<x509::KindRule> rules;
  x509::Kind kind = kKind;
  std::optional<Blob> known = old_person().sign(key("root"));
  mutable std::vector<Blob> looked_for;

  Answer ask(const std::optional<ocsp::Carried>& carried) const {
    return answer_by_ocsp(carried, {.certificate = leaf,
                                    .issuer = issuer,
                                    .kind = kind,
                                    .issuers = issuers,
                                    .kind_rules = rules,
                                    .known = [this](Bytes wanted, const x509::Certificate&) {
                                      looked_for.push_back(to_blob(wanted));
                                      return known;
                                    }});
  }
  Answer ask(const Blob& value) const { return ask(ocsp::Carried{true, value}); }
  void fails(const Blob& value, const std::string& why) const {
    const Answer answer = ask(value);
    ck_assert_msg(answer.kind == Answer::Kind::kFailed && answer.old.empty(), "asserted; expected: %s",
                  why.c_str());
    expect_contains(answer.cause, why);
  }
};

START_TEST(a_known_certificate_is_named_as_a_map_binds_it) {
  const Case at;
  const auto old = decoded(old_person().sign(key("root")));
  for (const Blob& value : {serial(), cert_id(), cert_id("root", pki::Digest::kSha256)}) {
    const Answer answer = at.ask(value);
    ck_assert_msg(answer.kind == Answer::Kind::kOld, "%s", answer.cause.c_str());
    // No issuer and serial number of a MyNumber card's: they name several.
    ck_assert_uint_eq(answer.old.size(), 2);
    ck_assert(answer.old[1] == map::thumbprint_string(old.der()));
    ck_assert(answer.old[0].starts_with("X509:<SKI>"));
  }
  ck_assert(at.looked_for.front() == kOldSerial);
}
END_TEST

START_TEST(the_replaced_one_is_not_younger) {
  Case at;
  auto of_the_same_second = old_person();
  of_the_same_second.not_before = at.leaf.not_before();
  at.known = of_the_same_second.sign(key("root"));
  ck_assert(at.ask(serial()).kind == Answer::Kind::kOld);
  of_the_same_second.not_before += std::chrono::seconds(1);
  at.known = of_the_same_second.sign(key("root"));
  at.fails(serial(), "has not logged in");
}
END_TEST

START_TEST(nobody_vouches_for_what_was_kept) {
  Case at;
  at.known = old_person().sign(key("impostor"));
  at.fails(serial(), "has not logged in");
  auto other_serial = old_person();
  other_serial.serial = {0x55};
  at.known = other_serial.sign(key("root"));
  at.fails(serial(), "has not logged in");
  auto other_kind = old_person();
  other_kind.remove("2.5.29.32");
  at.known = other_kind.sign(key("root"));
  at.fails(serial(), "has not logged in");
  auto younger = old_person();
  younger.not_before = kNow;
  at.known = younger.sign(key("root"));
  at.fails(serial(), "has not logged in");
  auto other_issuer = old_person();
  other_issuer.issuer = person_name();
  at.known = other_issuer.sign(key("root"));
  at.fails(serial(), "has not logged in");
  at.known = Blob{0x30, 0x00};
  at.fails(serial(), "has not logged in");
  at.known.reset();
  at.fails(serial(), "has not logged in");
}
END_TEST

START_TEST(issuer_and_serial_number_where_they_name_one) {
  Case at;
  at.kind = x509::Kind::kLgpkiUser;
  at.known.reset();
  const Answer answer = at.ask(serial());
  ck_assert_msg(answer.kind == Answer::Kind::kOld, "%s", answer.cause.c_str());
  ck_assert_uint_eq(answer.old.size(), 1);
  ck_assert(answer.old[0].starts_with("X509:<I>") && answer.old[0].ends_with("<SR>0c0b9a"));
  ck_assert(answer == at.ask(cert_id()));
}
END_TEST

START_TEST(an_older_key_of_the_ca_takes_a_cert_id) {
  Case at;
  at.known = old_person("impostor").sign(key("impostor"));
  at.fails(cert_id("impostor"), "of an issuer that is not");
  at.issuers.push_back(&at.older_generation);
  ck_assert(at.ask(cert_id("impostor")).kind == Answer::Kind::kOld);
  // A number alone is one of the new certificate's issuer, whatever lies here.
  at.fails(serial(), "has not logged in");
  // The other generation's certificate with the same number does not do.
  at.known = old_person().sign(key("root"));
  at.fails(cert_id("impostor"), "has not logged in");
}
END_TEST

START_TEST(other_cas_assert_nothing) {
  Case at;
  const auto foreign =
      decoded(authority(person_name("CITY CA"), person_name("CITY CA"), "impostor").sign(key("impostor")));
  at.issuers.push_back(&foreign);
  auto theirs = person(person_name("CITY CA"), "impostor");
  theirs.serial = kOldSerial;
  at.known = theirs.sign(key("impostor"));
  at.fails(cert_id("impostor", pki::Digest::kSha1, person_name("CITY CA")), "of an issuer that is not");
  at.fails(cert_id("root", pki::Digest::kSha1, person_name("CITY CA")), "of an issuer that is not");
  at.fails(cert_id("responder"), "of an issuer that is not");
}
END_TEST

START_TEST(what_says_nothing) {
  const Case at;
  ck_assert(at.ask(ocsp::Carried{true, {}}) == Answer{});
  ck_assert(at.ask(std::nullopt).kind == Answer::Kind::kFailed);
  ck_assert(at.ask(ocsp::Carried{false, serial()}).kind == Answer::Kind::kFailed);
  at.fails(der::null(), "neither a serial number nor a CertID");
  at.fails(serial(to_blob(at.leaf.serial())), "replace itself");
  trust::TrustStore anchors = store_of(root());
  ck_assert_uint_eq(issuers_of(anchors, kKind, kNow).size(), 1);
  ck_assert(issuers_of(anchors, x509::Kind::kLgpkiUser, kNow).empty());
  anchors[0].accept_until = kNow;  // a retired generation
  ck_assert(issuers_of(anchors, kKind, kNow).empty());
  ck_assert_uint_eq(issuers_of(anchors, kKind, kNow - std::chrono::seconds(1)).size(), 1);
}
END_TEST

struct Platform : Site {
  tocsp::ResponseBuilder answer = statement(kNoon - kMinute);
  Platform() {
    rules = {ocsp_rule(), crl_rule()};
    single_extension = kOid;
    add({kOid, false, serial()});
  }
  void add(const pki::Extension& extension) { answer.responses[0].extensions.push_back(extension); }
  std::optional<ocsp::Carried> carried() {
    platform_says(answer.sign(key("root")));
    const auto good = login();
    return good ? good->carried : std::nullopt;
  }
  void refuses(Verdict verdict, const std::string& why) {
    rules = {ocsp_rule()};
    platform_says(answer.sign(key("root")));
    expect_refused(verdict, why);
  }
};

START_TEST(an_answer_to_this_login_counts) {
  Platform platform;
  ck_assert((platform.carried() == ocsp::Carried{true, serial()}));
  Platform critical;
  critical.answer.responses[0].extensions[0].critical = true;
  ck_assert((critical.carried() == ocsp::Carried{true, serial()}));
  Platform beside;
  beside.add({"2.999.1.8", false, der::null()});
  auto other = single();
  other.id.serial = {0x77};
  other.extensions = {{kOid, false, serial({0x66})}};
  beside.answer.responses.push_back(other);
  ck_assert((beside.carried() == ocsp::Carried{true, serial()}));
}
END_TEST

START_TEST(an_extension_elsewhere_is_none) {
  Platform platform;
  platform.answer.responses[0].extensions.clear();
  ck_assert((platform.carried() == ocsp::Carried{true, {}}));
  platform.answer.extensions = {{kOid, false, serial()}};
  ck_assert((platform.carried() == ocsp::Carried{true, {}}));
  platform.answer.extensions.clear();
  auto other = platform.answer.responses[0];
  other.id.serial = {0x77};
  other.extensions = {{kOid, false, serial()}};
  platform.answer.responses.push_back(other);
  ck_assert((platform.carried() == ocsp::Carried{true, {}}));
  Platform named;
  named.single_extension = "2.999.1.8";
  ck_assert((named.carried() == ocsp::Carried{true, {}}));
  Platform off;
  off.single_extension.clear();
  ck_assert(off.carried()->value == std::nullopt);
  // Of the whole response, critical: nobody understands it there.
  Platform whole;
  whole.answer.extensions = {{kOid, true, serial()}};
  whole.refuses(Verdict::kRevocationInvalid, "unknown critical response extension");
  Platform unknown;
  unknown.single_extension.clear();
  unknown.answer.responses[0].extensions[0].critical = true;
  unknown.refuses(Verdict::kRevocationInvalid, "unknown critical single extension");
}
END_TEST

START_TEST(two_statements_or_two_extensions) {
  Platform twice;
  twice.add({kOid, false, serial({0x66})});
  twice.refuses(Verdict::kRevocationInvalid, "one OID twice");
  Platform statements;
  statements.answer.responses.push_back(statements.answer.responses[0]);
  statements.answer.responses[1].extensions[0].value = serial({0x66});
  ck_assert((statements.carried() == ocsp::Carried{false, {}}));
}
END_TEST

START_TEST(an_answer_that_does_not_decide_asserts_nothing) {
  Platform kept;
  kept.rules[0].freshness = schedule::Freshness::kCached;
  ck_assert(kept.carried().has_value());
  ck_assert(kept.login()->source == "platform" && !kept.login()->carried);
  Platform stale;
  stale.answer.responses[0].this_update = kNoon - 2h;
  stale.answer.responses[0].next_update.reset();
  ck_assert(!stale.carried() && stale.login()->by_crl);
  Platform future;
  future.answer.responses[0].this_update = kNoon + 2h;
  future.answer.produced_at = kNoon + 2h;
  ck_assert(!future.carried());
  Platform another;
  another.answer.responses[0].id.serial.back() ^= 1;
  ck_assert(!another.carried());
  Platform revoked;
  revoked.answer.responses[0].status = tocsp::revoked(kNoon - kDay, 1);
  ck_assert(!revoked.carried());
  Platform unknown;
  unknown.answer.responses[0].status = tocsp::unknown();
  ck_assert(!unknown.carried());
  Platform replayed;
  replayed.rules[0].nonce = true;
  ck_assert(!replayed.carried());
  Platform forged;
  forged.platform_says(forged.answer.sign(key("impostor")));
  ck_assert(forged.login()->by_crl && !forged.login()->carried);
}
END_TEST

START_TEST(the_signer_is_the_issuer_or_who_it_authorised) {
  const auto by = [](const pki::CertificateBuilder& certificate, const std::string& issuer_key) {
    Platform platform;
    platform.answer.responder_id = tocsp::by_name(certificate.subject);
    platform.answer.certificates = {certificate.sign(key(issuer_key))};
    platform.platform_says(platform.answer.sign(key("responder")));
    return platform.login()->carried;
  };
  auto delegate = responder();
  delegate.not_after = kNoon + 30 * kDay;
  ck_assert(by(delegate, "root").has_value());
  ck_assert(!by(delegate, "impostor"));
  auto without_purpose = builder(authority_name(), responder_name(), key("responder"));
  without_purpose.add(pki::key_usage({pki::KeyUsage::kDigitalSignature})).add({kNoCheck, false, der::null()});
  ck_assert(!by(without_purpose, "root"));
}
END_TEST

START_TEST(what_is_known) {
  const Disk disk;
  const auto directory = disk.open();
  const KnownCertificates known(directory);
  ck_assert(!known.find(disk.taro.serial(), disk.issuer));
  ck_assert(known.keep(disk.taro, disk.issuer, kNow).has_value());
  ck_assert(std::ranges::equal(*known.find(disk.taro.serial(), disk.issuer), disk.taro.der()));
  ck_assert(!known.find(kOldSerial, disk.issuer));
  ck_assert(!known.find(disk.taro.serial(), decoded(root("impostor"))));
  const auto before = disk.files();
  ck_assert(known.keep(disk.taro, disk.issuer, kNow).has_value() && disk.files() == before);
  // What another put there is replaced.
  disk.directory.write(directory.name_of("card", disk.taro, disk.issuer), "x");
  ck_assert(known.keep(disk.taro, disk.issuer, kNow).has_value());
  ck_assert(std::ranges::equal(*known.find(disk.taro.serial(), disk.issuer), disk.taro.der()));
}
END_TEST

START_TEST(what_expired_long_ago_goes) {
  const Disk disk;
  const auto directory = disk.open();
  const KnownCertificates known(directory);
  const auto old = decoded(old_person().sign(key("root")));
  ck_assert(known.keep(old, disk.issuer, kNow).has_value());
  disk.directory.write("card-garbage", "x");
  ck_assert(known.keep(disk.taro, disk.issuer, old.not_after() + 180 * kDay).has_value());
  ck_assert(known.find(old.serial(), disk.issuer).has_value() && disk.files() == 2);
  auto another = person();
  another.serial = {0x31};
  const auto third = decoded(another.sign(key("root")));
  ck_assert(known.keep(third, disk.issuer, old.not_after() + 181 * kDay).has_value());
  ck_assert(!known.find(old.serial(), disk.issuer) && disk.files() == 2);
  // All that has to go, at once.
  const auto much_later = old.not_after() + 9999 * kDay;
  ck_assert(known.keep(old, disk.issuer, kNow).has_value() && disk.files() == 3);
  ck_assert(known.keep(old, disk.issuer, much_later).has_value());
  auto fourth = person();
  fourth.serial = {0x32};
  fourth.not_after = much_later + kDay;
  ck_assert(known.keep(decoded(fourth.sign(key("root"))), disk.issuer, much_later).has_value());
  ck_assert_uint_eq(disk.files(), 1);
}
END_TEST

// An entry that stays does not end the search for expired ones.
START_TEST(what_expired_goes_whatever_was_kept_before) {
  const Disk disk;
  const auto directory = disk.open();
  const KnownCertificates known(directory);
  const auto old = decoded(old_person().sign(key("root")));
  const auto write_time = std::filesystem::file_time_type::clock::now();
  ck_assert(known.keep(disk.taro, disk.issuer, kNow).has_value() && disk.files() == 1);
  for (const auto& file : std::filesystem::directory_iterator(disk.directory.path()))
    std::filesystem::last_write_time(file, write_time - std::chrono::hours(2));
  ck_assert(known.keep(old, disk.issuer, kNow).has_value() && disk.files() == 2);
  for (const auto& file : std::filesystem::directory_iterator(disk.directory.path()))
    if (file.last_write_time() > write_time - std::chrono::hours(1))
      std::filesystem::last_write_time(file, write_time);
  auto another = person();
  another.serial = {0x31};
  ck_assert(
      known.keep(decoded(another.sign(key("root"))), disk.issuer, old.not_after() + 181 * kDay).has_value());
  ck_assert(known.find(disk.taro.serial(), disk.issuer).has_value() && disk.files() == 2);
}
END_TEST

START_TEST(so_many_are_known_at_most) {
  const Disk disk;
  const auto directory = disk.open();
  const KnownCertificates known(directory);
  for (std::size_t i = 0; i < KnownCertificates::kMostKept - 1; ++i)
    disk.directory.write("card-" + std::to_string(i), as_text(disk.taro.der()), std::filesystem::perms(0600));
  for (const auto number : {std::uint8_t{0x31}, std::uint8_t{0x32}}) {
    auto another = person();
    another.serial = {number};
    ck_assert(known.keep(decoded(another.sign(key("root"))), disk.issuer, kNow).has_value());
    ck_assert_uint_eq(static_cast<std::size_t>(disk.files()), KnownCertificates::kMostKept);
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("succession by OCSP");
  TCase* all = tcase_create("all");
  for (const TTest* test :
       {a_serial_number_or_a_cert_id, nothing_else, a_known_certificate_is_named_as_a_map_binds_it,
        nobody_vouches_for_what_was_kept, issuer_and_serial_number_where_they_name_one,
        an_older_key_of_the_ca_takes_a_cert_id, other_cas_assert_nothing, what_says_nothing,
        an_answer_to_this_login_counts, an_extension_elsewhere_is_none, two_statements_or_two_extensions,
        an_answer_that_does_not_decide_asserts_nothing, the_signer_is_the_issuer_or_who_it_authorised,
        what_is_known, what_expired_long_ago_goes, what_expired_goes_whatever_was_kept_before,
        so_many_are_known_at_most, the_replaced_one_is_not_younger})
    tcase_add_test(all, test);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  jpki::test::make_keys();
  return jpki::test::run_suite(suite());
}
