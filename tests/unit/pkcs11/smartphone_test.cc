// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A smartphone: it says what it is, and tells its certificate only while its PIN is verified.
#include "base/smartphone.h"

#include "base/padded_text.h"
#include "tests/unit/pkcs11/program.h"

#include <cstring>

namespace {

using namespace jpki;
using namespace jpki::pkcs11;
using namespace jpki::pkcs11::test;
using vcard::test::hex;

constexpr char kSelectTokenInfo[] = "00a4020c020006";
constexpr char kReadCertificate[] = "00b08a";

vcard::AppletRules phone() {
  vcard::AppletRules rules;
  rules.smartphone = true;
  return rules;
}

template <std::size_t Size>
std::string text_of(const CK_UTF8CHAR (&field)[Size]) {
  return std::string(without_padding({reinterpret_cast<const char*>(field), Size}));
}

CK_RV size_of(Program& program, CK_SESSION_HANDLE session, ObjectKind object, CK_ATTRIBUTE_TYPE type) {
  CK_ATTRIBUTE wanted{type, nullptr, 0};
  return program.module.get_attribute_value(session, static_cast<CK_OBJECT_HANDLE>(object), {&wanted, 1});
}

struct Says {
  const char* token_info;
  bool smartphone;
};
const Says kSays[] = {
    {"JPKIAPGPSETOKEN                 ", true},  {"JPKIAPGPSETOKEN", true},
    {"JPKIAPICCTOKEN2                 ", false}, {"JPKIAPGPSETOKEN2                ", false},
    {"jpkiapgpsetoken                 ", false}, {" JPKIAPGPSETOKEN                ", false},
    {"JPKIAPIOSTOKEN                  ", false}, {"", false},
    {"                                ", false},
};

START_TEST(only_what_says_so_is_one) {
  const Says& row = kSays[_i];
  const Medium* const medium = medium_that_says(as_bytes(row.token_info), media().front());
  ck_assert((medium != nullptr) == row.smartphone);
  if (medium == nullptr) return;
  ck_assert(medium->certificate_after_pin && medium->model == kSmartphoneModel);
  ck_assert_uint_le(medium->model.size(), 16);
  ck_assert(medium->application == media().front().application);
  Medium other = media().front();
  other.application[9] = 2;
  ck_assert(medium_that_says(as_bytes(row.token_info), other) == nullptr);
}
END_TEST

START_TEST(the_certificate_and_its_keys_show_after_the_pin) {
  Hardware hardware(false, phone());
  Program program(hardware);
  const CK_SESSION_HANDLE session = program.session();
  const std::vector<CK_OBJECT_HANDLE> authority{4};
  ck_assert(program.find(session) == authority);
  for (const ObjectKind hidden : {ObjectKind::kCertificate, ObjectKind::kPublicKey, ObjectKind::kPrivateKey})
    ck_assert_uint_eq(size_of(program, session, hidden, CKA_LABEL), CKR_OBJECT_HANDLE_INVALID);
  ck_assert_uint_eq(size_of(program, session, ObjectKind::kAuthority, CKA_LABEL), CKR_OK);
  ck_assert_uint_eq(program.login(session, "1234"), CKR_OK);
  ck_assert((program.find(session) == std::vector<CK_OBJECT_HANDLE>{1, 2, 3, 4}));
  ck_assert(program.attribute(session, ObjectKind::kCertificate, CKA_VALUE) == rsa_certificate());
  for (const ObjectKind object : kAllObjects)
    ck_assert(program.attribute(session, object, CKA_PRIVATE) == Blob{object != ObjectKind::kAuthority});
  Blob signature(256);
  ck_assert_uint_eq(program.sign(session, CKM_SHA256_RSA_PKCS, as_bytes("a"), signature), CKR_OK);
  ck_assert_uint_eq(program.module.logout(session), CKR_OK);
  ck_assert(program.find(session) == authority);
  ck_assert_uint_eq(size_of(program, session, ObjectKind::kCertificate, CKA_VALUE),
                    CKR_OBJECT_HANDLE_INVALID);
  ck_assert_uint_eq(hardware.verifies(), 1);
}
END_TEST

START_TEST(nothing_of_it_is_kept_beyond_the_login) {
  Hardware hardware(false, phone());
  Program program(hardware);
  for (int i = 0; i < 2; ++i) {
    hardware.commands.clear();
    const CK_SESSION_HANDLE session = program.session();
    (void)program.find(session);
    ck_assert_uint_eq(program.login(session, "1234"), CKR_OK);
    hardware.commands.clear();
    ck_assert(program.attribute(session, ObjectKind::kCertificate, CKA_VALUE) == rsa_certificate());
    ck_assert_uint_eq(hardware.sent(kReadCertificate), 1);
    ck_assert_uint_eq(program.module.logout(session), CKR_OK);
  }
  ck_assert_int_ge(hardware.resets, 2);
}
END_TEST

START_TEST(a_wrong_pin_shows_nothing) {
  Hardware hardware(false, phone());
  Program program(hardware);
  const CK_SESSION_HANDLE session = program.session();
  ck_assert_uint_eq(program.login(session, "9999"), CKR_PIN_INCORRECT);
  ck_assert(program.find(session) == std::vector<CK_OBJECT_HANDLE>{4});
  ck_assert_uint_eq(hardware.verifies(), 1);
  ck_assert_uint_eq(program.info().flags & CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_COUNT_LOW);
}
END_TEST

// Who is known again by its description must not look like another one because its PIN was verified.
START_TEST(the_token_is_described_alike_before_and_after) {
  for (const Holding holding : {Holding::kWhileVerified, Holding::kUntilLetGo}) {
    Hardware hardware(false, phone());
    Program program(hardware, holding);
    const CK_TOKEN_INFO before = program.info();
    ck_assert(text_of(before.model) == kSmartphoneModel);
    ck_assert(text_of(before.manufacturerID) == kTokenManufacturer);
    ck_assert(text_of(before.serialNumber).empty());
    ck_assert_uint_eq(before.flags, CKF_TOKEN_INITIALIZED | CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED);
    const CK_SESSION_HANDLE session = program.logged_in();
    CK_TOKEN_INFO after = program.info();
    after.ulSessionCount = before.ulSessionCount;
    ck_assert_mem_eq(&before, &after, sizeof after);
    ck_assert_uint_eq(program.module.logout(session), CKR_OK);
    ck_assert(text_of(program.info().model) == kSmartphoneModel);
  }
}
END_TEST

START_TEST(mechanisms_of_a_key_that_nobody_knows) {
  Hardware hardware(false, phone());
  Program program(hardware);
  const CK_SESSION_HANDLE session = program.session();
  (void)program.find(session);
  CK_ULONG count = 0;
  ck_assert_uint_eq(program.module.get_mechanism_list(kSlot, nullptr, count), CKR_OK);
  ck_assert_uint_eq(count, 5);
  CK_MECHANISM_INFO info{};
  ck_assert_uint_eq(program.module.get_mechanism_info(kSlot, CKM_RSA_PKCS, info), CKR_OK);
  ck_assert_uint_eq(info.ulMaxKeySize, 2048);
  ck_assert_uint_eq(program.module.get_mechanism_info(kSlot, CKM_ECDSA, info), CKR_OK);
  ck_assert_uint_eq(info.ulMaxKeySize, 384);
  ck_assert_uint_eq(program.module.get_mechanism_info(kSlot, CKM_AES_CBC, info), CKR_MECHANISM_INVALID);
  ck_assert_uint_eq(program.login(session, "1234"), CKR_OK);
  ck_assert_uint_eq(program.module.get_mechanism_list(kSlot, nullptr, count), CKR_OK);
  ck_assert_uint_eq(count, 4);
  ck_assert_uint_eq(program.module.get_mechanism_info(kSlot, CKM_ECDSA, info), CKR_MECHANISM_INVALID);
}
END_TEST

// What a card costs stays what it was: nobody asks it what it is.
START_TEST(a_card_is_not_asked_what_it_is) {
  Hardware hardware;
  Program program(hardware);
  const CK_SESSION_HANDLE session = program.logged_in();
  (void)program.find(session);
  (void)program.info();
  ck_assert_uint_eq(hardware.sent(kSelectTokenInfo), 0);
}
END_TEST

START_TEST(a_card_that_refuses_its_certificate_is_no_smartphone) {
  for (const char* says : {"4a504b494150494343544f4b454e32 9000", "6A82", "9000", "6F00"}) {
    Hardware hardware;
    hardware.lie = [&](const std::string& command) -> std::optional<Expected<Blob, Trouble>> {
      if (command == "00b0000020") return Expected<Blob, Trouble>(hex(says));
      if (command.starts_with("00b0")) return Expected<Blob, Trouble>(hex("6982"));
      return std::nullopt;
    };
    Program program(hardware);
    const CK_SESSION_HANDLE session = program.session();
    ck_assert_uint_eq(program.module.find_objects_init(session, {}), CKR_DEVICE_ERROR);
    ck_assert_uint_eq(hardware.sent(kSelectTokenInfo), 1);
  }
}
END_TEST

// Also where it says that there is no certificate, and not that it does not tell it.
START_TEST(what_has_no_certificate_before_the_pin_may_be_one) {
  Hardware hardware(false, phone());
  hardware.lie = [](const std::string& command) -> std::optional<Expected<Blob, Trouble>> {
    if (command.starts_with(kReadCertificate) || command == "00a4020c02000a")
      return Expected<Blob, Trouble>(hex("6A82"));
    return std::nullopt;
  };
  Program program(hardware);
  ck_assert(text_of(program.info().model) == kSmartphoneModel);
  ck_assert_uint_gt(hardware.sent("00b0000020"), 0);  // 32 octets of token information
}
END_TEST

// Each question is a transaction of its own, or all are one; also where the answer is that the PIN is needed.
START_TEST(the_card_is_held_as_the_program_says) {
  for (const Holding holding : {Holding::kWhileVerified, Holding::kUntilLetGo}) {
    Hardware hardware(false, phone());
    Program program(hardware, holding);
    (void)program.session();
    CK_ULONG count = 0;
    ck_assert_uint_eq(program.module.get_mechanism_list(kSlot, nullptr, count), CKR_OK);
    ck_assert(hardware.in_transaction == (holding == Holding::kUntilLetGo));
  }
}
END_TEST

// In each transaction: another card may have come without the reader's noticing.
START_TEST(what_was_a_smartphone_must_still_say_so) {
  Hardware hardware(false, phone());
  Program program(hardware);
  const CK_SESSION_HANDLE session = program.session();
  ck_assert(program.find(session) == std::vector<CK_OBJECT_HANDLE>{4});
  hardware.applet() = vcard::JpkiApplet(card_contents(), {});
  ck_assert_uint_eq(program.login(session, "1234"), CKR_DEVICE_ERROR);
  ck_assert_uint_eq(hardware.verifies(), 0);
}
END_TEST

START_TEST(another_medium_on_the_reader_is_looked_at_anew) {
  Hardware hardware(false, phone());
  Program program(hardware);
  ck_assert(text_of(program.info().model) == kSmartphoneModel);
  hardware.change_card(card_contents());
  CK_ULONG count = 0;
  ck_assert_uint_eq(program.module.get_slot_list(true, nullptr, count), CKR_OK);
  ck_assert(text_of(program.info().model) == "MyNumber card");
  ck_assert_uint_eq(text_of(program.info().serialNumber).size(), 16);
}
END_TEST

START_TEST(extended_reads_are_tried_again_after_the_pin) {
  Hardware hardware(false, phone());
  hardware.longest = 65536;
  Program program(hardware, Holding::kUntilLetGo);
  const CK_SESSION_HANDLE session = program.session();
  ck_assert(program.find(session) == std::vector<CK_OBJECT_HANDLE>{4});
  hardware.commands.clear();
  ck_assert_uint_eq(program.login(session, "1234"), CKR_OK);
  ck_assert(program.attribute(session, ObjectKind::kCertificate, CKA_VALUE) == rsa_certificate());
  ck_assert_uint_eq(hardware.sent(kReadCertificate), 1);
  ck_assert_uint_eq(hardware.sent("00b0"), 1);
}
END_TEST

}  // namespace

int main() {
  (void)rsa_certificate();
  Suite* const suite = suite_create("pkcs11/smartphone");
  TCase* const cases = tcase_create("smartphone");
  tcase_add_loop_test(cases, only_what_says_so_is_one, 0, std::ssize(kSays));
  for (const TTest* test :
       {the_certificate_and_its_keys_show_after_the_pin, nothing_of_it_is_kept_beyond_the_login,
        a_wrong_pin_shows_nothing, the_token_is_described_alike_before_and_after,
        mechanisms_of_a_key_that_nobody_knows, a_card_is_not_asked_what_it_is,
        a_card_that_refuses_its_certificate_is_no_smartphone, what_was_a_smartphone_must_still_say_so,
        what_has_no_certificate_before_the_pin_may_be_one, the_card_is_held_as_the_program_says,
        another_medium_on_the_reader_is_looked_at_anew, extended_reads_are_tried_again_after_the_pin})
    tcase_add_test(cases, test);
  suite_add_tcase(suite, cases);
  return jpki::test::run_suite(suite);
}
