// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/jpki_applet.h"
#include "tests/unit/testkit/vcard/fixture.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

namespace {

using namespace jpki;
using namespace jpki::vcard;
using namespace jpki::vcard::test;

struct Step {
  std::string command;
  StatusWord status;
};

StatusWord send(JpkiApplet& applet, std::string_view command) {
  return status_of(applet.process(hex(command)));
}

// Sends the commands one after another to one card.
void assert_steps(JpkiApplet& applet, std::initializer_list<Step> steps) {
  int number = 0;
  for (const Step& step : steps) {
    const StatusWord status = send(applet, step.command);
    ck_assert_msg(status == step.status, "step %d: %.40s answers %04x, not %04x", number,
                  step.command.c_str(), status, step.status);
    ++number;
  }
}

const std::string kApplication(kSelectApplication);

JpkiApplet applet_with(AppletRules rules = {}) {
  return JpkiApplet(contents(), std::move(rules));
}

bool verifies(const CardKey& key, gnutls_sign_algorithm_t algorithm, unsigned flags, Bytes signed_data,
              Bytes signature) {
  const Blob der = key.public_key();
  const auto datum = [](Bytes bytes) {
    return gnutls_datum_t{const_cast<std::uint8_t*>(bytes.data()), static_cast<unsigned>(bytes.size())};
  };
  gnutls_pubkey_t raw = nullptr;
  ck_assert_int_eq(gnutls_pubkey_init(&raw), 0);
  const gnutls_datum_t spki = datum(der);
  const gnutls_datum_t input = datum(signed_data);
  const gnutls_datum_t value = datum(signature);
  const bool good = gnutls_pubkey_import(raw, &spki, GNUTLS_X509_FMT_DER) == 0 &&
                    gnutls_pubkey_verify_hash2(raw, algorithm, flags, &input, &value) >= 0;
  gnutls_pubkey_deinit(raw);
  return good;
}

START_TEST(classes_and_instructions_it_does_not_know) {
  JpkiApplet applet = applet_with();
  assert_steps(applet, {{"01A4020C02000A", 0x6881},
                        {"04A4020C02000A", 0x6882},
                        {"0CA4020C02000A", 0x6882},
                        {"10A4020C02000A", 0x6884},
                        {"20A4020C02000A", 0x6E00},
                        {"80A4020C02000A", 0x6E00},
                        {"90A4020C02000A", 0x6E00},
                        {"FF00000000", 0x6E00},
                        {"802000800431323334", 0x6E00},
                        {"002A008002AABB00", 0x6E00},
                        {"00C0000010", 0x6D00},
                        {"00840000 08", 0x6D00},
                        {"80CA9F7F00", 0x6D00},
                        {"00A4", 0x6700}});
}
END_TEST

START_TEST(selecting_applications) {
  JpkiApplet applet = applet_with();
  assert_steps(applet, {{select_file("000A"), 0x6A82},  // before the application
                        {"00A4040C0AD392F000310001010408", 0x6A82},
                        {"00A4040C05D392F00026", 0x6A82},
                        {"00A4040C", 0x6700},
                        {"00A4040C11" + to_hex(Blob(17, 0xD3)), 0x6700},
                        {"00A404000AD392F000260100000001", 0x6A86},
                        {"00A4000C023F00", 0x6A86},
                        {kApplication, 0x9000},
                        {kApplication + "00", 0x9000}});
}
END_TEST

START_TEST(selecting_files) {
  JpkiApplet applet = applet_with();
  ck_assert_uint_eq(send(applet, kApplication), 0x9000);
  for (const char* const identifier :
       {"0001", "0002", "0006", "000A", "000B", "0017", "0018", "001A", "001B"}) {
    ck_assert_msg(send(applet, select_file(identifier)) == 0x9000, "%s", identifier);
  }
  assert_steps(applet, {{select_file("0003"), 0x6A82},
                        {select_file("3F00"), 0x6A82},
                        {"00A4020C01 0A", 0x6700},
                        {"00A4020C03 000A00", 0x6700},
                        {"00A4020C", 0x6700},
                        {"00A4020002 000A", 0x6A86}});
}
END_TEST

START_TEST(a_failed_select_changes_nothing) {
  JpkiApplet applet = applet_with();
  assert_steps(applet, {{kApplication, 0x9000},
                        {select_file("000A"), 0x9000},
                        {select_file("0003"), 0x6A82},
                        {"00A4040C05D392F00026", 0x6A82},
                        {"00B0000004", 0x9000}});
}
END_TEST

START_TEST(reading_a_certificate) {
  JpkiApplet applet = applet_with();
  const Blob& der = applet.contents().auth_certificate;
  assert_steps(applet, {{kApplication, 0x9000}, {select_file("000A"), 0x9000}});
  ck_assert(applet.process(hex("00B0000004")) == make_response(Bytes(der).first(4), 0x9000));
  ck_assert(applet.process(hex("00B0000000")) == make_response(Bytes(der).first(256), 0x9000));
  ck_assert(applet.process(hex("00B0020000")) == make_response(Bytes(der).subspan(512), 0x9000));
  ck_assert(applet.process(hex("00B0020060")) == make_response(Bytes(der).subspan(512), 0x6282));
  ck_assert(applet.process(hex("00B0025758")) == make_response(Bytes(der).subspan(599), 0x6282));
  ck_assert(applet.process(hex("00B00000000000")) == make_response(der, 0x9000));
  assert_steps(applet, {{"00B0025801", 0x6B00},  // offset 600, the end
                        {"00B07FFF01", 0x6B00},
                        {"00B00000", 0x6700},
                        {"00B0000001AA", 0x6700}});
}
END_TEST

START_TEST(reading_a_file_by_its_short_identifier) {
  JpkiApplet applet = applet_with();
  const Blob& der = applet.contents().auth_certificate;
  assert_steps(applet, {{"00B08A0004", 0x6A82}, {kApplication, 0x9000}});
  ck_assert(applet.process(hex("00B08A0000")) == make_response(Bytes(der).first(256), 0x9000));
  ck_assert(applet.process(hex("00B0010004")) == make_response(Bytes(der).subspan(256, 4), 0x9000));
  ck_assert(applet.process(hex("00B0800204")) == make_response(Bytes(der).subspan(2, 4), 0x9000));
  assert_steps(applet, {{"00B0AA0004", 0x6A86},
                        {"00B0850004", 0x6A82},
                        {"00B08A0000AA", 0x6700},
                        {"00B0810004", 0x6982},
                        {"00B0970004", 0x6981},
                        {"00B0000004", 0x6981},
                        {"00200080", 0x6981}});
}
END_TEST

START_TEST(a_card_that_knows_no_short_identifiers) {
  AppletRules rules;
  rules.short_identifiers = false;
  JpkiApplet applet = applet_with(rules);
  assert_steps(applet, {{kApplication, 0x9000},
                        {"00B08A0004", 0x6A86},
                        {"00B0000004", 0x6986},
                        {select_file("000A"), 0x9000},
                        {"00B0800004", 0x6A86},
                        {"00B0000004", 0x9000}});
}
END_TEST

START_TEST(files_of_another_kind_are_not_read) {
  JpkiApplet applet = applet_with();
  assert_steps(applet, {{"00B0000004", 0x6986}, {kApplication, 0x9000}, {"00B0000004", 0x6986}});
  for (const char* const identifier : {"0017", "0018", "001A", "001B"}) {
    assert_steps(applet, {{select_file(identifier), 0x9000}, {"00B0000004", 0x6981}});
  }
}
END_TEST

START_TEST(what_is_read_without_a_pin) {
  JpkiApplet applet = applet_with();
  ck_assert_uint_eq(send(applet, kApplication), 0x9000);
  assert_steps(applet, {{select_file("0002"), 0x9000}, {"00B0000004", 0x9000}});
  assert_steps(applet, {{select_file("000B"), 0x9000}, {"00B0000004", 0x9000}});
  assert_steps(applet, {{select_file("0006"), 0x9000}});
  const Blob info = applet.process(hex("00B0000020"));
  ck_assert_uint_eq(info.size(), 34);
  assert_text(as_text(Bytes(info).first(16)), "JPKIAPICCTOKEN2 ");
}
END_TEST

START_TEST(the_signature_certificate_needs_its_pin) {
  JpkiApplet applet = applet_with();
  assert_steps(applet, {{kApplication, 0x9000},
                        {select_file("0018"), 0x9000},
                        {verify("1234"), 0x9000},
                        {select_file("0001"), 0x9000},
                        {"00B0000004", 0x6982},  // the other PIN does not open it
                        {select_file("001B"), 0x9000},
                        {verify("ABC123"), 0x9000},
                        {select_file("0001"), 0x9000},
                        {"00B0000004", 0x9000}});
}
END_TEST

START_TEST(verify_counts_down_and_back_up) {
  JpkiApplet applet = applet_with();
  assert_steps(applet, {{kApplication, 0x9000},
                        {select_file("0018"), 0x9000},
                        {"00200080", 0x63C3},
                        {verify("9999"), 0x63C2},
                        {verify("abcd"), 0x63C1},
                        {"00200080", 0x63C1},
                        {verify("1234"), 0x9000},
                        {"00200080", 0x63C3},  // the counter, although verified
                        {"00200080", 0x63C3}});
  ck_assert(applet.auth_pin().verified());
  ck_assert_uint_eq(send(applet, verify("9999")), 0x63C2);
  ck_assert(!applet.auth_pin().verified());
}
END_TEST

START_TEST(a_pin_locks) {
  for (const StatusWord blocked : {sw::kPinUnusable, sw::kPinBlocked}) {
    JpkiApplet applet = applet_with({.blocked = blocked});
    assert_steps(applet, {{kApplication, 0x9000},
                          {select_file("0018"), 0x9000},
                          {verify("9999"), 0x63C2},
                          {verify("9999"), 0x63C1},
                          {verify("9999"), 0x63C0},
                          {verify("9999"), blocked},
                          {verify("1234"), blocked},
                          {verify("12"), blocked},
                          {"00200080", 0x63C0},
                          {select_file("001B"), 0x9000},
                          {"00200080", 0x63C5}});
  }
}
END_TEST

START_TEST(a_blocked_pin_may_tell_when_asked) {
  JpkiApplet applet = applet_with({.blocked = sw::kPinBlocked, .blocked_empty_verify = true});
  assert_steps(applet, {{kApplication, 0x9000}, {select_file("0018"), 0x9000}, {"00200080", 0x63C3}});
  applet.auth_pin().restore(0);
  ck_assert_uint_eq(send(applet, "00200080"), sw::kPinBlocked);
}
END_TEST

START_TEST(a_pin_of_the_wrong_length_costs_nothing) {
  JpkiApplet applet = applet_with();
  assert_steps(applet, {{kApplication, 0x9000},
                        {select_file("0018"), 0x9000},
                        {verify("123"), 0x6700},
                        {verify("12345"), 0x6700},
                        {"00200080", 0x63C3},
                        {select_file("001B"), 0x9000},
                        {verify("ABC12"), 0x6700},
                        {verify("ABCDEFGHIJKLMNOPQ"), 0x6700},
                        {"00200080", 0x63C5},
                        {verify("ABCDEFGHIJKLMNOP"), 0x63C4}});
}
END_TEST

START_TEST(verify_in_the_wrong_place) {
  JpkiApplet applet = applet_with();
  assert_steps(applet, {{"00200080", 0x6986},
                        {kApplication, 0x9000},
                        {verify("1234"), 0x6986},
                        {select_file("000A"), 0x9000},
                        {verify("1234"), 0x6981},
                        {select_file("0018"), 0x9000},
                        {"00200081", 0x6A86},
                        {"00200180", 0x6A86},
                        {"0020008000", 0x6700},  // Le where none belongs
                        {"0020008004 31323334 00", 0x6700},
                        {"00200080", 0x63C3}});
}
END_TEST

START_TEST(an_rsa_signature_verifies) {
  JpkiApplet applet = applet_with();
  assert_steps(applet, {{kApplication, 0x9000},
                        {select_file("0018"), 0x9000},
                        {verify("1234"), 0x9000},
                        {select_file("0017"), 0x9000}});
  const Blob response = applet.process(hex(sign_command()));
  ck_assert_uint_eq(status_of(response), 0x9000);
  ck_assert_uint_eq(response.size(), 258);
  const Blob digest_info = hex(kDigestInfo);
  ck_assert(verifies(*shared_key(), GNUTLS_SIGN_RSA_SHA256, 0, Bytes(digest_info).last(32),
                     Bytes(response).first(256)));
}
END_TEST

START_TEST(a_next_generation_signature_verifies) {
  CardContents card = contents();
  card.auth_key = new_key(KeyType::kEcdsaP384);
  JpkiApplet applet(card, {});
  const std::string digest = to_hex(Blob(48, 0x77));
  assert_steps(applet, {{kApplication, 0x9000},
                        {select_file("0018"), 0x9000},
                        {verify("1234"), 0x9000},
                        {select_file("0017"), 0x9000},
                        {sign_command(), 0x6700},  // a DigestInfo is no digest
                        {"802A008030" + digest + "40", 0x6C68}});
  const Blob response = applet.process(hex("802A008030" + digest + "00"));
  ck_assert_uint_eq(status_of(response), 0x9000);
  ck_assert_uint_eq(response[0], 0x30);
  ck_assert(verifies(*card.auth_key, GNUTLS_SIGN_ECDSA_SHA384, 0, hex(digest),
                     Bytes(response).first(response.size() - 2)));
}
END_TEST

START_TEST(signing_in_the_wrong_place) {
  JpkiApplet applet = applet_with();
  const std::string unpadded = to_hex(Blob(246, 1));
  assert_steps(applet, {{sign_command(), 0x6985},
                        {kApplication, 0x9000},
                        {sign_command(), 0x6985},
                        {select_file("000A"), 0x9000},
                        {sign_command(), 0x6985},
                        {select_file("0017"), 0x9000},
                        {sign_command(), 0x6982},
                        {select_file("001B"), 0x9000},
                        {verify("ABC123"), 0x9000},
                        {select_file("0017"), 0x9000},
                        {sign_command(), 0x6982},  // the other PIN does not open it
                        {select_file("001A"), 0x9000},
                        {sign_command(), 0x9000},
                        {"802A008000", 0x6700},
                        {"802A008001 AA", 0x6700},
                        {"802A0080F6" + unpadded + "00", 0x6700},
                        {"802A008001 AA 80", 0x6C00},
                        {"802A9E9A01 AA 00", 0x6A86},
                        {"802A008101 AA 00", 0x6A86}});
}
END_TEST

START_TEST(a_card_without_a_signature_certificate) {
  CardContents card = contents();
  card.sign_certificate.clear();
  card.sign_ca.clear();
  card.sign_key.reset();
  JpkiApplet applet(card, {});
  assert_steps(applet, {{kApplication, 0x9000},
                        {select_file("0002"), 0x9000},
                        {"00B0000004", 0x6B00},
                        {select_file("001B"), 0x9000},
                        {"00200080", 0x63C5},
                        {verify("ABC123"), 0x9000},
                        {select_file("0001"), 0x9000},
                        {"00B0000004", 0x6B00},
                        {select_file("001A"), 0x9000},
                        {sign_command(), 0x6985}});
}
END_TEST

START_TEST(reset_and_selection_clear_the_verified_state) {
  JpkiApplet applet = applet_with();
  const auto log_in = [&applet] {
    assert_steps(applet, {{kApplication, 0x9000},
                          {select_file("0018"), 0x9000},
                          {verify("9999"), 0x63C2},
                          {verify("1234"), 0x9000},
                          {select_file("0017"), 0x9000},
                          {sign_command(), 0x9000}});
  };
  log_in();
  applet.reset();
  assert_steps(applet, {{sign_command(), 0x6985}, {select_file("0017"), 0x6A82}});
  log_in();
  assert_steps(applet, {{kApplication, 0x9000},
                        {sign_command(), 0x6985},
                        {select_file("0017"), 0x9000},
                        {sign_command(), 0x6982}});
}
END_TEST

START_TEST(reset_does_not_give_tries_back) {
  JpkiApplet applet = applet_with();
  assert_steps(applet, {{kApplication, 0x9000}, {select_file("0018"), 0x9000}, {verify("9999"), 0x63C2}});
  applet.reset();
  assert_steps(applet, {{kApplication, 0x9000}, {select_file("0018"), 0x9000}, {"00200080", 0x63C2}});
}
END_TEST

Suite* applet_suite() {
  Suite* suite = suite_create("vcard: applet");
  TCase* files = tcase_create("files");
  tcase_add_test(files, classes_and_instructions_it_does_not_know);
  tcase_add_test(files, selecting_applications);
  tcase_add_test(files, selecting_files);
  tcase_add_test(files, a_failed_select_changes_nothing);
  tcase_add_test(files, reading_a_certificate);
  tcase_add_test(files, reading_a_file_by_its_short_identifier);
  tcase_add_test(files, a_card_that_knows_no_short_identifiers);
  tcase_add_test(files, files_of_another_kind_are_not_read);
  tcase_add_test(files, what_is_read_without_a_pin);
  tcase_add_test(files, the_signature_certificate_needs_its_pin);
  tcase_add_test(files, a_card_without_a_signature_certificate);
  suite_add_tcase(suite, files);
  TCase* pins = tcase_create("PINs");
  tcase_add_test(pins, verify_counts_down_and_back_up);
  tcase_add_test(pins, a_pin_locks);
  tcase_add_test(pins, a_blocked_pin_may_tell_when_asked);
  tcase_add_test(pins, a_pin_of_the_wrong_length_costs_nothing);
  tcase_add_test(pins, verify_in_the_wrong_place);
  tcase_add_test(pins, reset_and_selection_clear_the_verified_state);
  tcase_add_test(pins, reset_does_not_give_tries_back);
  suite_add_tcase(suite, pins);
  TCase* signatures = tcase_create("signatures");
  tcase_add_test(signatures, an_rsa_signature_verifies);
  tcase_add_test(signatures, a_next_generation_signature_verifies);
  tcase_add_test(signatures, signing_in_the_wrong_place);
  suite_add_tcase(suite, signatures);
  return suite;
}

}  // namespace

int main() {
  shared_key();
  return jpki::test::run_suite(applet_suite());
}
