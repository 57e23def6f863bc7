// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Generations of one authority as anchors.d describes them (R3 to R6): parallel running, the cut-off, a
// generation that lives on for its CRLs alone, and link certificates between them.
#include "tests/unit/validator/crl_fixture.h"
#include "validator/crl/crl_check.h"
#include "validator/crl/decoded_crl.h"
#include "validator/trust/fingerprint.h"
#include "validator/x509/public_key.h"
#include "validator/x509/signature.h"

#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using std::chrono::seconds;
using x509::Certificate;
using x509::Kind;

// 2024-07-01T00:00:00+09:00
constexpr Time kCutOff{std::chrono::sys_days(std::chrono::year(2024) / 6 / 30) + std::chrono::hours(15)};
// 2024-05-01T09:30:00+09:00
constexpr Time kBegin{std::chrono::sys_days(std::chrono::year(2024) / 5 / 1) + std::chrono::minutes(30)};

// anchors.d with the generations "old" and "new", keys "root" and "impostor", one name.
struct Site {
  void add(const std::string& name, const std::string& key_name, const std::string& rules) const {
    directory.write(name + ".der", as_text(root(key_name)));
    directory.write(name + ".toml", "certificate = \"" + name + ".der\"\nsha256 = \"" +
                                        trust::spelled(*trust::fingerprint_of(root(key_name))) + "\"\n" +
                                        rules);
  }
  trust::TrustStore load() const {
    auto store = trust::load_trust_store(directory.path(), {.owner = ::getuid()});
    ck_assert_msg(store.has_value(), "%s", store ? "" : store.error().c_str());
    return std::move(*store);
  }
  TemporaryDirectory directory;
};

const std::string kKinds = "kinds = [\"jpki-authentication\"]\n";

trust::TrustStore parallel_running() {
  const Site site;
  site.add("old", "root", kKinds + "accept_until = 2024-07-01T00:00:00+09:00\n");
  site.add("new", "impostor", kKinds + "accept_from = 2024-05-01T09:30:00+09:00\n");
  return site.load();
}

Blob card(const std::string& generation) {
  return person(authority_name(), generation).sign(key(generation));
}

// The verdict, and where the path ended or why it did not.
struct Result {
  Verdict verdict;
  std::string text;
};
Result judge(const Blob& card, const trust::TrustStore& store, Time when, std::vector<Blob> untrusted = {},
             const path::PathPolicy& policy = jpki_policy()) {
  const Certificate leaf = decoded(card);
  std::vector<Certificate> pool;
  for (const Blob& bytes : untrusted) pool.push_back(decoded(bytes));
  const auto path = validate_path(leaf, pool, store, policy, when);
  if (path) return {Verdict::kAccepted, path->anchor().name};
  return {path.error().verdict, path.error().clause};
}

void expect(const Result& result, Verdict verdict, const std::string& text) {
  expect_verdict(result.verdict, verdict, result.text);
  expect_contains(result.text, text);
}

START_TEST(both_generations_in_parallel) {
  const auto store = parallel_running();
  expect(judge(card("root"), store, kNow), Verdict::kAccepted, "old");
  expect(judge(card("impostor"), store, kNow), Verdict::kAccepted, "new");
}
END_TEST

START_TEST(cut_off_at_the_second) {
  const auto store = parallel_running();
  expect(judge(card("root"), store, kCutOff - seconds(1)), Verdict::kAccepted, "old");
  expect(judge(card("root"), store, kCutOff), Verdict::kAnchorRetired, "anchor old: ");
  expect(judge(card("impostor"), store, kCutOff), Verdict::kAccepted, "new");
}
END_TEST

START_TEST(beginning_at_the_second) {
  const auto store = parallel_running();
  expect(judge(card("impostor"), store, kBegin - seconds(1)), Verdict::kAnchorRetired, "anchor new: ");
  expect(judge(card("impostor"), store, kBegin), Verdict::kAccepted, "new");
  expect(judge(card("root"), store, kBegin - seconds(1)), Verdict::kAccepted, "old");
}
END_TEST

// Retired is the reason only when nothing else is wrong with the card.
START_TEST(another_defect_outweighs_the_window) {
  const auto store = parallel_running();
  const Blob defective = person().add({"2.999.1", true, der::null()}).sign(key("root"));
  expect(judge(defective, store, kCutOff), Verdict::kCertificateUnacceptable, "2.999.1");
  expect(judge(card("root"), store, kNow + 400 * kDay), Verdict::kCertificateExpired, "notAfter");
}
END_TEST

// The new generation's key signed the old one's: a card that brings this certificate along stays retired.
START_TEST(a_link_certificate_revives_nobody) {
  const auto store = parallel_running();
  const Blob link = authority(authority_name(), authority_name(), "root").sign(key("impostor"));
  expect(judge(card("root"), store, kCutOff - seconds(1), {link}), Verdict::kAccepted, "old");
  expect(judge(card("root"), store, kCutOff, {link}), Verdict::kAnchorRetired, "anchor old: ");
  // A generation that never was an anchor is reached over it.
  trust::TrustStore new_alone;
  new_alone.push_back(anchor(root("impostor"), "new"));
  expect(judge(card("root"), new_alone, kCutOff, {link}), Verdict::kAccepted, "new");
  expect(judge(card("root"), new_alone, kCutOff), Verdict::kCertificateUntrusted, "");
}
END_TEST

// Nor when the key is written in another way.
START_TEST(a_key_is_the_same_in_every_encoding) {
  const auto store = parallel_running();
  for (const Blob& algorithm : rsa_key_algorithms()) {
    auto builder = authority(authority_name(), authority_name(), "root");
    builder.subject_public_key_info = with_key_algorithm(builder.subject_public_key_info, algorithm);
    const Blob link = builder.sign(key("impostor"));
    expect(judge(card("root"), store, kCutOff, {link}), Verdict::kAnchorRetired, "anchor old: ");
  }
}
END_TEST

START_TEST(keys_and_their_encodings) {
  const Blob rsa = key("root").subject_public_key_info();
  const auto algorithms = rsa_key_algorithms();
  for (std::size_t i = 0; i < algorithms.size(); ++i) {
    const Blob other = with_key_algorithm(rsa, algorithms[i]);
    const bool known = i < 3;
    ck_assert_msg(x509::is_known_key_encoding(other) == known, "algorithm %zu", i);
    ck_assert_msg(x509::same_public_key(rsa, other) == known && x509::same_public_key(other, rsa) == known,
                  "algorithm %zu", i);
    ck_assert(x509::same_public_key(other, other));
    ck_assert(x509::usual_key_encoding(other) == (known ? rsa : other));
    ck_assert(known || !x509::check_public_key(other, {}));
    ck_assert(!x509::same_public_key(
        other, with_key_algorithm(key("impostor").subject_public_key_info(), algorithms[0])));
  }
  const Blob curve = key("p384").subject_public_key_info();
  ck_assert(x509::is_known_key_encoding(curve) && x509::usual_key_encoding(curve) == curve);
  ck_assert(!x509::same_public_key(curve, key("p384-other").subject_public_key_info()));
  // Numbers with superfluous zeros, and none at all.
  const auto rsa_of = [&](const Blob& modulus) {
    const Blob numbers = der::sequence({Bytes(der::raw_integer(modulus)), Bytes(der::integer(65537))});
    return der::sequence({Bytes(algorithms[0]), Bytes(der::bit_string(numbers))});
  };
  ck_assert(x509::is_known_key_encoding(rsa_of({0x00, 0x81})));
  for (const Blob& modulus : {Blob{}, Blob{0x00}, Blob{0x81}, Blob{0x00, 0x01}, Blob{0x00, 0x00, 0x81}})
    ck_assert(!x509::is_known_key_encoding(rsa_of(modulus)));
}
END_TEST

START_TEST(twins_in_two_encodings) {
  const auto algorithm = rsa_key_algorithms()[1];
  auto builder = authority(authority_name(), authority_name(), "root");
  builder.subject_public_key_info = with_key_algorithm(builder.subject_public_key_info, algorithm);
  trust::TrustStore store = store_of(builder.sign(key("root")));
  ck_assert(trust::twin_of(anchor(root(), "other"), store) == &store.front());
  ck_assert(trust::twin_of(anchor(root("impostor"), "other"), store) == nullptr);
}
END_TEST

// Anchors of TLS are no business of the paths of persons' certificates.
START_TEST(an_anchor_of_another_store_stops_nobody) {
  const Site site;
  site.add("tls", "root", "functions = [\"tls\"]\n");
  site.add("new", "impostor", kKinds);
  const Blob link = authority(authority_name(), authority_name(), "root").sign(key("impostor"));
  const auto store = site.load();
  expect(judge(card("root"), store, kNow), Verdict::kCertificateUntrusted, "");
  expect(judge(card("root"), store, kNow, {link}), Verdict::kAccepted, "new");
}
END_TEST

// R4: the old generation issues, revokes and publishes for encryption certificates only.
START_TEST(survivor_for_revocation_data) {
  const Site site;
  site.add("old", "root", "kinds = [\"encryption\"]\nfunctions = [\"revocation-data\"]\n");
  site.add("new", "impostor", kKinds);
  const auto store = site.load();
  expect(judge(card("root"), store, kNow), Verdict::kCertificateUntrusted,
         "does not have the function login");
  const path::PathPolicy as_data{
      .initial_policies = {}, .kind = Kind::kEncryption, .function = trust::Function::kRevocationData};
  expect(judge(card("root"), store, kNow, {}, as_data), Verdict::kAccepted, "old");
  const path::PathPolicy as_login{.initial_policies = {}, .kind = Kind::kEncryption};
  expect(judge(card("root"), store, kNow, {}, as_login), Verdict::kCertificateUntrusted,
         "does not have the function login");
}
END_TEST

// What the CRL of a generation says depends on the functions of its anchor.
crl::Standing standing_under(const std::string& functions) {
  const Site site;
  site.add("old", "root", kKinds + "functions = [" + functions + "]\n");
  const auto store = site.load();
  const Certificate leaf = decoded(card("root"));
  const Blob bytes = full_crl().sign(key("root"));
  const auto crl = crl::DecodedCrl::decode(bytes);
  ck_assert(crl.has_value());
  const Certificate* const chain[] = {&store.front().certificate};
  const crl::CrlView* const crls[] = {&*crl};
  return check_crls(leaf, chain, crls, {.pool = {}, .anchors = store, .anchor = &store.front(), .now = kNow})
      .standing;
}

START_TEST(crls_count_by_the_function_of_the_anchor) {
  ck_assert(standing_under("\"revocation-data\"") == crl::Standing::kGood);
  ck_assert(standing_under("\"login\", \"revocation-data\"") == crl::Standing::kGood);
  ck_assert(standing_under("\"login\"") != crl::Standing::kGood);
}
END_TEST

// R6: names in another string type do not make another generation.
START_TEST(generations_differ_by_key_alone) {
  const Site site;
  const Blob printable = authority_name(der::kPrintableString);
  const Blob rewritten = authority(printable, printable, "root").sign(key("root"));
  site.directory.write("old.der", as_text(rewritten));
  site.directory.write("old.toml", "certificate = \"old.der\"\nsha256 = \"" +
                                       trust::spelled(*trust::fingerprint_of(rewritten)) + "\"\n" + kKinds);
  site.add("new", "impostor", kKinds);
  const auto store = site.load();
  expect(judge(card("root"), store, kNow), Verdict::kAccepted, "old");
  expect(judge(card("impostor"), store, kNow), Verdict::kAccepted, "new");
}
END_TEST

// One authority may have two sets of rules; a path may end at either.
START_TEST(two_rules_for_one_authority) {
  const Site site;
  site.add("a-login", "root", kKinds + "accept_until = 2024-07-01T00:00:00+09:00\nfunctions = [\"login\"]\n");
  site.add("b-crl", "root", kKinds + "functions = [\"revocation-data\"]\n");
  const auto store = site.load();
  expect(judge(card("root"), store, kNow), Verdict::kAccepted, "a-login");
  expect(judge(card("root"), store, kCutOff), Verdict::kAnchorRetired, "a-login");
  auto as_data = jpki_policy();
  as_data.function = trust::Function::kRevocationData;
  expect(judge(card("root"), store, kCutOff, {}, as_data), Verdict::kAccepted, "b-crl");
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("generations");
  TCase* tc = tcase_create("generations");
  tcase_set_timeout(tc, 60);
  for (const auto* test : {both_generations_in_parallel, cut_off_at_the_second, beginning_at_the_second,
                           another_defect_outweighs_the_window, a_link_certificate_revives_nobody,
                           a_key_is_the_same_in_every_encoding, keys_and_their_encodings,
                           twins_in_two_encodings, an_anchor_of_another_store_stops_nobody,
                           survivor_for_revocation_data, crls_count_by_the_function_of_the_anchor,
                           generations_differ_by_key_alone, two_rules_for_one_authority})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "impostor", "p384", "p384-other"}) key(name);
  return run_suite(suite());
}
