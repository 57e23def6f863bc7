// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Module: slots, sessions, PIN, objects and signatures over a fake reader with the test kit's card in it.
#include "pkcs11/module.h"

#include "tests/unit/pkcs11/program.h"

#include <cstring>
#include <set>
#include <thread>

namespace {

using namespace jpki;
using namespace jpki::pkcs11;
using namespace jpki::pkcs11::test;
using vcard::test::hex;

constexpr CK_FLAGS kPinFlags = CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED;

START_TEST(a_slot_for_each_reader_and_a_token_in_it) {
  Hardware hardware;
  Program program(hardware);
  CK_SLOT_ID slots[3] = {9, 9, 9};
  CK_ULONG count = 3;
  ck_assert_uint_eq(program.module.get_slot_list(true, slots, count), CKR_OK);
  ck_assert_uint_eq(count, 1);
  ck_assert_uint_eq(slots[0], kSlot);
  CK_SLOT_INFO slot{};
  ck_assert_uint_eq(program.module.get_slot_info(kSlot, slot), CKR_OK);
  ck_assert_uint_eq(slot.flags, CKF_TOKEN_PRESENT | CKF_REMOVABLE_DEVICE | CKF_HW_SLOT);
  ck_assert_int_eq(std::memcmp(slot.slotDescription, "Fake Reader 00  ", 16), 0);
  ck_assert(hardware.commands.empty());  // the reader knows, so the card is not asked
  const CK_TOKEN_INFO info = program.info();
  ck_assert_int_eq(std::memcmp(info.label, "JPKI (User Authentication PIN)  ", 32), 0);
  ck_assert_uint_eq(info.flags, CKF_TOKEN_INITIALIZED | CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED);
  ck_assert_uint_eq(info.ulMinPinLen, 4);
  ck_assert_uint_eq(info.ulMaxPinLen, 4);
  ck_assert_int_eq(hardware.connections, 0);  // without a session none is kept
  ck_assert_uint_eq(program.module.get_slot_info(1, slot), CKR_SLOT_ID_INVALID);
  count = 0;
  ck_assert_uint_eq(program.module.get_slot_list(false, slots, count), CKR_BUFFER_TOO_SMALL);
}
END_TEST

START_TEST(readers_and_cards_come_and_go) {
  Hardware hardware;
  hardware.attached = false;
  Program program(hardware);
  CK_ULONG count = 5;
  ck_assert_uint_eq(program.module.get_slot_list(false, nullptr, count), CKR_OK);
  ck_assert_uint_eq(count, 0);
  hardware.attached = true;
  hardware.present = false;
  ck_assert_uint_eq(program.module.get_slot_list(false, nullptr, count), CKR_OK);
  ck_assert_uint_eq(count, 1);
  ck_assert_uint_eq(program.module.get_slot_list(true, nullptr, count), CKR_OK);
  ck_assert_uint_eq(count, 0);
  CK_TOKEN_INFO info{};
  ck_assert_uint_eq(program.module.get_token_info(kSlot, info), CKR_TOKEN_NOT_PRESENT);
  hardware.insert();
  const CK_SESSION_HANDLE session = program.logged_in();
  hardware.remove();
  ck_assert_uint_eq(program.module.get_slot_list(true, nullptr, count), CKR_OK);
  ck_assert_uint_eq(count, 0);
  CK_SESSION_INFO state{};
  ck_assert_uint_eq(program.module.get_session_info(session, state), CKR_SESSION_HANDLE_INVALID);
  hardware.insert();
  const CK_SESSION_HANDLE again = program.session();
  ck_assert_uint_ne(again, session);
  ck_assert_uint_eq(program.module.get_session_info(again, state), CKR_OK);
  ck_assert_uint_eq(state.state, CKS_RO_PUBLIC_SESSION);
  hardware.attached = false;  // with the card in it
  ck_assert_uint_eq(program.module.get_slot_list(true, nullptr, count), CKR_OK);
  ck_assert_uint_eq(count, 0);
  ck_assert_uint_eq(program.module.get_session_info(again, state), CKR_SESSION_HANDLE_INVALID);
  ck_assert_uint_eq(program.module.get_token_info(kSlot, info), CKR_TOKEN_NOT_PRESENT);
  hardware.attached = true;
  ck_assert_uint_eq(program.module.get_slot_list(true, nullptr, count), CKR_OK);
  ck_assert_uint_eq(count, 1);
  hardware.service = false;
  ck_assert_uint_eq(program.module.get_slot_list(false, nullptr, count), CKR_OK);
  ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(another_card_is_another_token) {
  Hardware hardware;
  Program program(hardware);
  const std::string first = program.serial();
  const CK_SESSION_HANDLE session = program.session();
  hardware.change_card(card_contents(true));
  ck_assert(program.serial() != first);
  CK_SESSION_INFO state{};
  ck_assert_uint_eq(program.module.get_session_info(session, state), CKR_SESSION_HANDLE_INVALID);
  hardware.change_card(card_contents());
  vcard::test::assert_text(program.serial(), first);
  const Blob digest = digest_of(HashAlgorithm::kSha256, vcard::test::shared_key()->public_key());
  vcard::test::assert_text(first, to_hex(Bytes(digest).first(8)));
}
END_TEST

START_TEST(the_certificate_is_read_once_an_insertion) {
  Hardware hardware;
  Program program(hardware);
  program.info();
  const std::size_t reads = hardware.sent("00b0");
  const CK_SESSION_HANDLE session = program.session();
  ck_assert(program.attribute(session, ObjectKind::kCertificate, CKA_VALUE) == rsa_certificate());
  ck_assert_uint_eq(hardware.sent("00b0"), reads);
  hardware.remove();
  hardware.insert();
  program.info();
  ck_assert_uint_eq(hardware.sent("00b0"), 2 * reads);
}
END_TEST

// What the login's floor is, plus the selection that no other transaction can be trusted with.
START_TEST(a_login_in_as_few_commands_as_there_can_be) {
  Hardware hardware;
  Program program(hardware, Holding::kUntilLetGo);
  const std::size_t reads = (rsa_certificate().size() + 255) / 256;
  const CK_SESSION_HANDLE session = program.session();
  ck_assert(program.attribute(session, ObjectKind::kCertificate, CKA_VALUE) == rsa_certificate());
  program.info();
  ck_assert_uint_eq(hardware.commands.size(),
                    1 + reads + 2);  // select the application, read; select the PIN, ask it
  ck_assert_uint_eq(program.module.logout(session), CKR_USER_NOT_LOGGED_IN);
  ck_assert(!hardware.in_transaction);
  ck_assert_int_eq(hardware.resets, 0);
  hardware.commands.clear();
  program.info();
  ck_assert_uint_eq(program.login(session, "1234"), CKR_OK);
  Blob signature(256);
  ck_assert_uint_eq(program.sign(session, CKM_RSA_PKCS, hex(vcard::test::kDigestInfo), signature), CKR_OK);
  ck_assert_uint_eq(hardware.commands.size(), 6);
  ck_assert(hardware.in_transaction);
  ck_assert(!program.module.due());  // held until the logout, however long that takes
  ck_assert_uint_eq(program.module.logout(session), CKR_OK);
  ck_assert(!hardware.in_transaction);
  ck_assert_int_eq(hardware.resets, 1);
  ck_assert_uint_eq(hardware.verifies(), 1);
}
END_TEST

START_TEST(the_tries_are_told_exactly) {
  const std::pair<int, CK_FLAGS> told[] = {{3, 0},
                                           {2, CKF_USER_PIN_COUNT_LOW},
                                           {1, CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY},
                                           {0, CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED}};
  for (const vcard::StatusWord blocked : {vcard::sw::kPinBlocked, vcard::sw::kPinUnusable})
    for (const bool tells_status : {false, true}) {
      Hardware hardware(false, {.blocked = blocked, .blocked_empty_verify = tells_status});
      Program program(hardware);
      const CK_SESSION_HANDLE session = program.session();
      for (const auto& [tries, flags] : told) {
        ck_assert_uint_eq(program.info().flags & kPinFlags, flags);
        if (tries > 0)
          ck_assert_uint_eq(program.login(session, "9999"), tries > 1 ? CKR_PIN_INCORRECT : CKR_PIN_LOCKED);
      }
      ck_assert_uint_eq(program.login(session, "1234"), CKR_PIN_LOCKED);
      ck_assert_uint_eq(program.info().flags & kPinFlags, CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED);
      ck_assert(!program.find(session).empty());  // a locked card still shows its certificate
    }
}
END_TEST

START_TEST(a_locked_signature_pin_is_nobodys_business) {
  Hardware hardware(false, {.blocked_empty_verify = true});
  hardware.applet().sign_pin().force_block(true);
  Program program(hardware);
  program.logged_in();
  ck_assert_uint_eq(program.info().flags & kPinFlags, 0);
}
END_TEST

START_TEST(a_pin_of_another_form_costs_nothing) {
  Hardware hardware;
  Program program(hardware);
  const CK_SESSION_HANDLE session = program.session();
  ck_assert_uint_eq(program.login(session, ""), CKR_PIN_LEN_RANGE);
  ck_assert_uint_eq(program.login(session, "123"), CKR_PIN_LEN_RANGE);
  ck_assert_uint_eq(program.login(session, "12345"), CKR_PIN_LEN_RANGE);
  ck_assert_uint_eq(program.login(session, "12a4"), CKR_PIN_INVALID);
  ck_assert_uint_eq(program.login(session, "1234", CKU_SO), CKR_USER_TYPE_INVALID);
  ck_assert_uint_eq(program.login(session, "1234", CKU_CONTEXT_SPECIFIC), CKR_OPERATION_NOT_INITIALIZED);
  ck_assert_uint_eq(hardware.verifies(), 0);
  ck_assert_uint_eq(program.login(session, "1234"), CKR_OK);
  ck_assert_uint_eq(program.login(session, "9999"), CKR_USER_ALREADY_LOGGED_IN);
  ck_assert_uint_eq(hardware.verifies(), 1);
}
END_TEST

// Whatever the card makes of it: one login, one VERIFY at most, and no login by a strange answer.
// Wherever it is typed, a PIN is at most one VERIFY; and none where the reader got none.
START_TEST(a_pin_that_is_typed_on_the_reader) {
  struct Row {
    const char* keys;
    CK_RV rv;
    std::size_t verifies;
    CK_FLAGS flags;
  };
  static const Row kRows[] = {
      {"1234", CKR_OK, 1, 0},
      {"9999", CKR_PIN_INCORRECT, 1, CKF_USER_PIN_COUNT_LOW},
      {"cancel", CKR_FUNCTION_CANCELED, 0, 0},
      {"timeout", CKR_FUNCTION_CANCELED, 0, 0},
      {"123", CKR_PIN_LEN_RANGE, 0, 0},
  };
  for (const Row& row : kRows) {
    Hardware hardware;
    hardware.keys = row.keys;
    Program program(hardware, Holding::kWhileVerified, true);
    ck_assert((program.info().flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0);
    const CK_SESSION_HANDLE session = program.session();
    ck_assert_msg(program.module.login_on_reader(session, CKU_USER) == row.rv, "%s", row.keys);
    ck_assert_msg(hardware.verifies() == row.verifies, "%s", row.keys);
    if (row.rv == CKR_OK) ck_assert_uint_eq(program.module.logout(session), CKR_OK);
    ck_assert_msg((program.info().flags & CKF_USER_PIN_COUNT_LOW) == row.flags, "%s", row.keys);
  }
}
END_TEST

START_TEST(a_reader_without_keys_types_nothing) {
  Hardware hardware;
  Program program(hardware, Holding::kWhileVerified, true);
  ck_assert((program.info().flags & CKF_PROTECTED_AUTHENTICATION_PATH) == 0);
  ck_assert_uint_eq(program.module.login_on_reader(program.session(), CKU_USER), CKR_ARGUMENTS_BAD);
  hardware.keys = "1234";  // and it is asked once an insertion
  ck_assert_uint_eq(program.module.login_on_reader(program.session(), CKU_USER), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(hardware.verifies(), 0);
}
END_TEST

// What the card says to a PIN that the reader sent, as to any other.
START_TEST(no_answer_to_a_reader_s_verify_is_a_right_pin) {
  for (const char* lie : {"", "90", "01 9000", "6F00", "9001"}) {
    Hardware hardware;
    hardware.keys = "1234";
    Program program(hardware, Holding::kWhileVerified, true);
    const CK_SESSION_HANDLE session = program.session();
    hardware.lie = [lie](const std::string& command) -> std::optional<Expected<Blob, Trouble>> {
      if (command == "002000800431323334") return Expected<Blob, Trouble>(hex(lie));
      return std::nullopt;
    };
    ck_assert_msg(program.module.login_on_reader(session, CKU_USER) == CKR_DEVICE_ERROR, "%s", lie);
    ck_assert_uint_eq(hardware.verifies(), 1);
    Blob signature(256);
    ck_assert_uint_eq(program.sign(session, CKM_RSA_PKCS, hex("00"), signature), CKR_USER_NOT_LOGGED_IN);
  }
}
END_TEST

// In the field of a contactless reader, which need not notice that it was without power.
START_TEST(a_card_that_does_not_answer_at_first_is_reset) {
  struct Row {
    int silent;        // so many commands
    const char* says;  // nothing: no answer; a status word
    CK_RV rv;
    int resets;
  };
  static const Row kRows[] = {{0, nullptr, CKR_OK, 0},
                              {1, nullptr, CKR_OK, 1},
                              {99, nullptr, CKR_DEVICE_ERROR, 1},
                              {99, "6A82", CKR_TOKEN_NOT_RECOGNIZED, 0}};
  for (const Row& row : kRows) {
    Hardware hardware;
    Program program(hardware);
    int left = row.silent;
    hardware.lie = [&](const std::string&) -> std::optional<Expected<Blob, Trouble>> {
      if (left-- <= 0) return std::nullopt;
      if (row.says != nullptr) return hex(row.says);
      return Unexpected{Trouble::kCardError};
    };
    CK_SESSION_HANDLE session = 0;
    ck_assert_uint_eq(program.module.open_session(kSlot, CKF_SERIAL_SESSION, session), row.rv);
    ck_assert_msg(hardware.resets == row.resets, "%d commands: %d", row.silent, hardware.resets);
  }
}
END_TEST

START_TEST(no_answer_brings_a_second_verify) {
  for (const char* lie : {"", "90", "6F00", "6C04", "6104", "6700", "9001", "01 9000", "63FF", "6982"}) {
    Hardware hardware;
    Program program(hardware);
    const CK_SESSION_HANDLE session = program.session();
    hardware.lie = [lie](const std::string& command) -> std::optional<Expected<Blob, Trouble>> {
      if (command == "002000800431323334") return Expected<Blob, Trouble>(hex(lie));
      return std::nullopt;
    };
    ck_assert_msg(program.login(session, "1234") == CKR_DEVICE_ERROR, "%s", lie);
    ck_assert_uint_eq(hardware.verifies(), 1);
    ck_assert(!hardware.in_transaction);
    Blob signature(256);
    ck_assert_uint_eq(program.sign(session, CKM_RSA_PKCS, hex("00"), signature), CKR_USER_NOT_LOGGED_IN);
  }
}
END_TEST

START_TEST(a_card_pulled_at_verify_or_at_the_signature) {
  for (const char* when : {"002000800431323334", "802a0080"}) {
    Hardware hardware;
    Program program(hardware);
    const CK_SESSION_HANDLE session = program.session();
    hardware.lie = [&, when](const std::string& command) -> std::optional<Expected<Blob, Trouble>> {
      if (!command.starts_with(when)) return std::nullopt;
      hardware.remove();
      return Expected<Blob, Trouble>(Unexpected{Trouble::kNoCard});
    };
    CK_RV rv = program.login(session, "1234");
    Blob signature(256);
    if (rv == CKR_OK) rv = program.sign(session, CKM_RSA_PKCS, hex("00"), signature);
    ck_assert_uint_eq(rv, CKR_DEVICE_REMOVED);
    ck_assert_uint_eq(hardware.verifies(), 1);
    ck_assert_uint_eq(program.login(session, "1234"), CKR_SESSION_HANDLE_INVALID);
  }
}
END_TEST

START_TEST(the_card_is_let_go_five_seconds_after_the_last_signature) {
  Hardware hardware;
  Program program(hardware);
  const CK_SESSION_HANDLE session = program.logged_in();
  ck_assert(program.module.due() == program.now + Module::kKeep);
  ck_assert(hardware.in_transaction);
  program.now += std::chrono::seconds(3);
  Blob signature(256);
  ck_assert_uint_eq(program.sign(session, CKM_RSA_PKCS, hex("00"), signature), CKR_OK);
  program.info();  // who only looks does not keep it
  program.module.on_time(program.now + Module::kKeep - std::chrono::milliseconds(1));
  ck_assert(hardware.in_transaction);
  program.module.on_time(program.now + Module::kKeep);
  ck_assert(!hardware.in_transaction);
  ck_assert_int_eq(hardware.resets, 1);
  ck_assert(!program.module.due());
  ck_assert_uint_eq(program.sign(session, CKM_RSA_PKCS, hex("00"), signature), CKR_USER_NOT_LOGGED_IN);
  ck_assert_uint_eq(program.find(session).size(), 3);  // the private key is hidden again
  ck_assert_uint_eq(program.login(session, "1234"), CKR_OK);
}
END_TEST

// Two readers side by side, for slots 0 and 1.
class TwoReaders final : public Readers {
 public:
  TwoReaders(Hardware& first, Hardware& second) : first_(first), second_(second) {}
  Expected<std::vector<ReaderState>, Trouble> list() override {
    auto all = *first_.list();
    all.push_back(second_.list()->front());
    all.back().name = kSecond;
    return all;
  }
  Expected<std::unique_ptr<Card>, Trouble> connect(const std::string& reader) override {
    return reader == kSecond ? second_.connect(kReaderName) : first_.connect(reader);
  }
  Expected<Unit, Trouble> wait_for_change(const std::vector<ReaderState>&) override { return Unit{}; }
  void interrupt() noexcept override {}

 private:
  static constexpr char kSecond[] = "Fake Reader 01";
  FakeReaders first_, second_;
};

START_TEST(each_card_has_its_own_time_and_its_own_signature) {
  Hardware left, right;
  SteadyTime now{};
  Module module(std::make_unique<TwoReaders>(left, right),
                {.holding = Holding::kWhileVerified, .pin_on_reader = false, .now = [&now] { return now; }});
  CK_ULONG count = 0;
  ck_assert_uint_eq(module.get_slot_list(true, nullptr, count), CKR_OK);
  ck_assert_uint_eq(count, 2);
  CK_SESSION_HANDLE sessions[2];
  for (const CK_SLOT_ID slot : {CK_SLOT_ID{0}, CK_SLOT_ID{1}}) {
    ck_assert_uint_eq(module.open_session(slot, CKF_SERIAL_SESSION, sessions[slot]), CKR_OK);
    ck_assert_uint_eq(module.login(sessions[slot], CKU_USER, as_bytes("1234")), CKR_OK);
    ck_assert_uint_eq(module.sign_init(sessions[slot], {CKM_RSA_PKCS, nullptr, 0}, 3), CKR_OK);
    now += std::chrono::seconds(1);
  }
  const SteadyTime first = now - std::chrono::seconds(2) + Module::kKeep;
  ck_assert(module.due() == first);
  module.on_time(first);
  ck_assert(!left.in_transaction && right.in_transaction);
  ck_assert(module.due() == first + std::chrono::seconds(1));
  ck_assert_uint_eq(module.logout(sessions[0]), CKR_USER_NOT_LOGGED_IN);
  Blob signature(256);
  CK_ULONG size = signature.size();
  ck_assert_uint_eq(module.sign(sessions[1], hex("01"), signature.data(), size), CKR_OK);
}
END_TEST

START_TEST(the_card_forgets_the_pin_with_the_last_session) {
  Hardware hardware;
  Program program(hardware);
  const CK_SESSION_HANDLE one = program.logged_in();
  const CK_SESSION_HANDLE two = program.session();
  ck_assert_uint_eq(program.module.close_session(one), CKR_OK);
  ck_assert(hardware.in_transaction);
  ck_assert_uint_eq(program.module.close_session(two), CKR_OK);
  ck_assert(!hardware.in_transaction);
  ck_assert_int_eq(hardware.resets, 1);
  ck_assert_int_eq(hardware.connections, 0);
  program.logged_in();
  ck_assert_uint_eq(program.module.close_all_sessions(kSlot), CKR_OK);
  ck_assert_int_eq(hardware.resets, 2);
  ck_assert(!program.module.due());
}
END_TEST

START_TEST(objects_as_programs_look_for_them) {
  Hardware hardware;
  Program program(hardware);
  const CK_SESSION_HANDLE session = program.session();
  ck_assert(program.find(session) == (std::vector<CK_OBJECT_HANDLE>{1, 2, 4}));
  ck_assert_uint_eq(program.login(session, "1234"), CKR_OK);
  ck_assert(program.find(session) == (std::vector<CK_OBJECT_HANDLE>{1, 2, 3, 4}));
  CK_OBJECT_CLASS certificate = CKO_CERTIFICATE;
  CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;
  CK_BYTE id = 1;
  ck_assert(program.find(session, {{CKA_CLASS, &certificate, sizeof certificate}}) ==
            (std::vector<CK_OBJECT_HANDLE>{1, 4}));
  ck_assert(program.find(session, {{CKA_ID, &id, 1}, {CKA_CLASS, &private_key, sizeof private_key}}) ==
            (std::vector<CK_OBJECT_HANDLE>{3}));
  ck_assert(program.find(session, {{CKA_ID, &id, 1}}) == (std::vector<CK_OBJECT_HANDLE>{1, 2, 3}));
  Blob value = rsa_certificate();
  ck_assert(program.find(session, {{CKA_VALUE, value.data(), value.size()}}) ==
            (std::vector<CK_OBJECT_HANDLE>{1, 4}));
  value.back() ^= 1;
  ck_assert(program.find(session, {{CKA_VALUE, value.data(), value.size()}}).empty());
  ck_assert(program.find(session, {{CKA_WRAP_TEMPLATE, nullptr, 0}}).empty());
}
END_TEST

START_TEST(attributes_of_the_objects) {
  Hardware hardware;
  Program program(hardware);
  const CK_SESSION_HANDLE session = program.logged_in();
  const auto fields = CertificateFields::of(rsa_certificate());
  ck_assert(fields.has_value());
  for (const ObjectKind key : {ObjectKind::kPublicKey, ObjectKind::kPrivateKey}) {
    ck_assert(program.attribute(session, key, CKA_MODULUS) == to_blob(fields->modulus));
    ck_assert_uint_eq(fields->modulus.size(), 256);
    ck_assert(program.attribute(session, key, CKA_PUBLIC_EXPONENT) == hex("010001"));
    ck_assert(program.attribute(session, key, CKA_PUBLIC_KEY_INFO) ==
              vcard::test::shared_key()->public_key());
    ck_assert(program.attribute(session, key, CKA_ID) == hex("01"));
    program.attribute(session, key, CKA_EC_POINT, CKR_ATTRIBUTE_TYPE_INVALID);
  }
  ck_assert(program.attribute(session, ObjectKind::kCertificate, CKA_SUBJECT) == to_blob(fields->subject));
  ck_assert(program.attribute(session, ObjectKind::kCertificate, CKA_ISSUER) == to_blob(fields->issuer));
  ck_assert(program.attribute(session, ObjectKind::kCertificate, CKA_SERIAL_NUMBER) == hex("020101"));
  ck_assert(program.attribute(session, ObjectKind::kCertificate, CKA_TRUSTED) == hex("00"));
  ck_assert(program.attribute(session, ObjectKind::kAuthority, CKA_TRUSTED) == hex("00"));
  for (const CK_ATTRIBUTE_TYPE secret : {CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_VALUE})
    program.attribute(session, ObjectKind::kPrivateKey, secret, CKR_ATTRIBUTE_SENSITIVE);
  program.attribute(session, ObjectKind::kCertificate, CKA_MODULUS, CKR_ATTRIBUTE_TYPE_INVALID);
  CK_BYTE small[3];
  CK_ATTRIBUTE wanted[] = {{CKA_VALUE, small, sizeof small}, {CKA_ID, small, sizeof small}};
  ck_assert_uint_eq(program.module.get_attribute_value(session, 1, wanted), CKR_BUFFER_TOO_SMALL);
  ck_assert_uint_eq(wanted[0].ulValueLen, CK_UNAVAILABLE_INFORMATION);
  ck_assert_uint_eq(wanted[1].ulValueLen, 1);
  ck_assert_uint_eq(program.module.get_attribute_value(session, 5, {wanted, 1}), CKR_OBJECT_HANDLE_INVALID);
  ck_assert_uint_eq(program.module.logout(session), CKR_OK);
  ck_assert_uint_eq(program.module.get_attribute_value(session, 3, {wanted, 1}), CKR_OBJECT_HANDLE_INVALID);
}
END_TEST

START_TEST(signatures_of_an_rsa_key) {
  Hardware hardware;
  Program program(hardware);
  const CK_SESSION_HANDLE session = program.logged_in();
  const Blob data = hex("48656c6c6f");
  const std::tuple<CK_MECHANISM_TYPE, HashAlgorithm, const char*> hashes[] = {
      {CKM_SHA256_RSA_PKCS, HashAlgorithm::kSha256, "3031300d060960864801650304020105000420"},
      {CKM_SHA384_RSA_PKCS, HashAlgorithm::kSha384, "3041300d060960864801650304020205000430"},
      {CKM_SHA512_RSA_PKCS, HashAlgorithm::kSha512, "3051300d060960864801650304020305000440"}};
  for (const auto& [mechanism, algorithm, prefix] : hashes) {
    Blob info = hex(prefix);
    append_bytes(info, digest_of(algorithm, data));
    const auto expected = vcard::test::shared_key()->sign(info);  // PKCS#1 v1.5 is deterministic
    for (const CK_MECHANISM_TYPE type : {mechanism, CK_MECHANISM_TYPE{CKM_RSA_PKCS}}) {
      Blob signature(300);
      ck_assert_uint_eq(program.sign(session, type, type == CKM_RSA_PKCS ? info : data, signature), CKR_OK);
      ck_assert(signature == *expected);
    }
    ck_assert_uint_eq(program.module.sign_init(session, {mechanism, nullptr, 0}, 3), CKR_OK);
    ck_assert_uint_eq(program.module.sign_update(session, Bytes(data).first(2)), CKR_OK);
    ck_assert_uint_eq(program.module.sign_update(session, Bytes(data).subspan(2)), CKR_OK);
    Blob signature(256);
    CK_ULONG size = 0;
    ck_assert_uint_eq(program.module.sign_final(session, nullptr, size), CKR_OK);
    ck_assert_uint_eq(size, 256);
    ck_assert_uint_eq(program.module.sign_final(session, signature.data(), size), CKR_OK);
    ck_assert(signature == *expected);
  }
}
END_TEST

START_TEST(the_order_of_a_signature) {
  Hardware hardware;
  Program program(hardware);
  const CK_SESSION_HANDLE session = program.logged_in();
  Module& module = program.module;
  Blob signature(256);
  CK_ULONG size = 255;
  const Blob data = hex("01");
  ck_assert_uint_eq(module.sign(session, data, signature.data(), size), CKR_OPERATION_NOT_INITIALIZED);
  ck_assert_uint_eq(module.sign_final(session, signature.data(), size), CKR_OPERATION_NOT_INITIALIZED);
  ck_assert_uint_eq(module.sign_init(session, {CKM_ECDSA, nullptr, 0}, 3), CKR_MECHANISM_INVALID);
  ck_assert_uint_eq(module.sign_init(session, {CKM_RSA_PKCS, nullptr, 0}, 2), CKR_KEY_HANDLE_INVALID);
  ck_assert_uint_eq(module.sign_init(session, {CKM_RSA_PKCS, nullptr, 7}, 3), CKR_MECHANISM_PARAM_INVALID);
  ck_assert_uint_eq(module.sign_init(session, {CKM_RSA_PKCS, nullptr, 0}, 3), CKR_OK);
  ck_assert_uint_eq(module.sign_init(session, {CKM_RSA_PKCS, nullptr, 0}, 3), CKR_OPERATION_ACTIVE);
  ck_assert_uint_eq(module.sign_final(session, signature.data(), size),
                    CKR_OPERATION_NOT_INITIALIZED);  // one part
  ck_assert_uint_eq(module.sign(session, data, nullptr, size), CKR_OK);
  ck_assert_uint_eq(size, 256);
  size = 255;
  ck_assert_uint_eq(module.sign(session, data, signature.data(), size), CKR_BUFFER_TOO_SMALL);
  ck_assert_uint_eq(hardware.sent("802a0080"), 0);
  ck_assert_uint_eq(module.sign(session, data, signature.data(), size), CKR_OK);
  ck_assert_uint_eq(module.sign(session, data, signature.data(), size), CKR_OPERATION_NOT_INITIALIZED);
  for (const std::size_t length : {0, 246, 300}) {
    const Blob long_data(length, 1);
    ck_assert_uint_eq(program.sign(session, CKM_RSA_PKCS, long_data, signature), CKR_DATA_LEN_RANGE);
  }
  ck_assert_uint_eq(hardware.sent("802a0080"), 1);
  ck_assert_uint_eq(program.sign(session, CKM_RSA_PKCS, Blob(245, 1), signature),
                    CKR_OK);  // with 11 of padding
  // Nothing that was begun outlives the PIN.
  ck_assert_uint_eq(module.sign_init(session, {CKM_RSA_PKCS, nullptr, 0}, 3), CKR_OK);
  ck_assert_uint_eq(module.logout(session), CKR_OK);
  ck_assert_uint_eq(program.login(session, "1234"), CKR_OK);
  ck_assert_uint_eq(module.sign(session, data, signature.data(), size), CKR_OPERATION_NOT_INITIALIZED);
}
END_TEST

START_TEST(the_order_of_a_signature_in_parts) {
  Hardware hardware;
  Program program(hardware);
  const CK_SESSION_HANDLE session = program.logged_in();
  Module& module = program.module;
  Blob signature(256);
  CK_ULONG size = signature.size();
  const Blob data = hex("01");
  ck_assert_uint_eq(module.sign_update(session, data), CKR_OPERATION_NOT_INITIALIZED);
  // What was begun in parts does not end as a whole.
  ck_assert_uint_eq(module.sign_init(session, {CKM_SHA256_RSA_PKCS, nullptr, 0}, 3), CKR_OK);
  ck_assert_uint_eq(module.sign_update(session, data), CKR_OK);
  ck_assert_uint_eq(module.sign(session, data, signature.data(), size), CKR_OPERATION_NOT_INITIALIZED);
  ck_assert_uint_eq(module.sign_final(session, signature.data(), size), CKR_OK);
  // What is signed as it is comes in one part; the attempt ends it.
  ck_assert_uint_eq(module.sign_init(session, {CKM_RSA_PKCS, nullptr, 0}, 3), CKR_OK);
  ck_assert_uint_eq(module.sign_update(session, data), CKR_FUNCTION_NOT_SUPPORTED);
  ck_assert_uint_eq(module.sign(session, data, signature.data(), size), CKR_OPERATION_NOT_INITIALIZED);
  // No part at all.
  ck_assert_uint_eq(module.sign_init(session, {CKM_SHA256_RSA_PKCS, nullptr, 0}, 3), CKR_OK);
  ck_assert_uint_eq(module.sign_final(session, signature.data(), size), CKR_OK);
  Blob whole(256);
  ck_assert_uint_eq(program.sign(session, CKM_SHA256_RSA_PKCS, {}, whole), CKR_OK);
  ck_assert(signature == whole);
}
END_TEST

// A card that forgot the PIN: the program has to ask for it again.
START_TEST(a_card_that_wants_its_pin_again) {
  Hardware hardware;
  Program program(hardware);
  const CK_SESSION_HANDLE session = program.logged_in();
  hardware.lie = [](const std::string& command) -> std::optional<Expected<Blob, Trouble>> {
    if (command.starts_with("802a0080")) return Expected<Blob, Trouble>(hex("6982"));
    return std::nullopt;
  };
  Blob signature(256);
  ck_assert_uint_eq(program.sign(session, CKM_RSA_PKCS, hex("01"), signature), CKR_USER_NOT_LOGGED_IN);
  ck_assert(!hardware.in_transaction && !program.module.due());
  hardware.lie = {};
  ck_assert_uint_eq(program.login(session, "1234"), CKR_OK);
  ck_assert_uint_eq(program.sign(session, CKM_RSA_PKCS, hex("01"), signature), CKR_OK);
}
END_TEST

START_TEST(signatures_that_are_none) {
  for (const char* lie : {"9000", "0102 9000", "6F00", "6282", ""}) {
    Hardware hardware;
    Program program(hardware);
    const CK_SESSION_HANDLE session = program.logged_in();
    hardware.lie = [lie](const std::string& command) -> std::optional<Expected<Blob, Trouble>> {
      if (command.starts_with("802a0080")) return Expected<Blob, Trouble>(hex(lie));
      return std::nullopt;
    };
    Blob signature(256);
    ck_assert_msg(program.sign(session, CKM_RSA_PKCS, hex("01"), signature) == CKR_DEVICE_ERROR, "%s", lie);
  }
}
END_TEST

START_TEST(signatures_of_a_p384_key) {
  Hardware hardware(true);
  Program program(hardware);
  const CK_SESSION_HANDLE session = program.logged_in();
  CK_MECHANISM_TYPE types[9];
  CK_ULONG count = 9;
  ck_assert_uint_eq(program.module.get_mechanism_list(kSlot, types, count), CKR_OK);
  ck_assert_uint_eq(count, 1);
  ck_assert_uint_eq(types[0], CKM_ECDSA);
  CK_MECHANISM_INFO info{};
  ck_assert_uint_eq(program.module.get_mechanism_info(kSlot, CKM_ECDSA, info), CKR_OK);
  ck_assert_uint_eq(info.flags, CKF_HW | CKF_SIGN | CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS);
  ck_assert(info.ulMinKeySize == 384 && info.ulMaxKeySize == 384);
  Blob signature(256);
  const Blob digest(48, 0x5A);
  ck_assert_uint_eq(program.sign(session, CKM_ECDSA, Bytes(digest).first(32), signature), CKR_DATA_LEN_RANGE);
  ck_assert_uint_eq(program.sign(session, CKM_ECDSA, digest, signature), CKR_OK);
  ck_assert_uint_eq(signature.size(), 96);
  const Blob point = program.attribute(session, ObjectKind::kPublicKey, CKA_EC_POINT);
  ck_assert_uint_eq(point.size(), 2 + 97);
  ck_assert(Blob(point.begin(), point.begin() + 3) == hex("046104"));
  ck_assert(program.attribute(session, ObjectKind::kPublicKey, CKA_EC_PARAMS) == hex("06052B81040022"));
}
END_TEST

START_TEST(ecdsa_signatures_in_both_forms) {
  Blob plain(96, 0);
  plain[47] = 1;
  plain[48] = 0x80;
  plain[95] = 2;
  Blob der = hex("3036 020101 0231 00");
  append_bytes(der, Bytes(plain).subspan(48));
  ck_assert(*plain_ecdsa_signature(der) == plain);
  ck_assert(*plain_ecdsa_signature(plain) == plain);
  for (const char* bad : {"", "3000", "3003020101", "3006 020101 0201FF", "3009 020101 020101 020101"})
    ck_assert_msg(!plain_ecdsa_signature(hex(bad)), "%s", bad);
}
END_TEST

START_TEST(mechanisms_of_an_rsa_key) {
  Hardware hardware;
  Program program(hardware);
  CK_MECHANISM_TYPE types[9];
  CK_ULONG count = 9;
  ck_assert_uint_eq(program.module.get_mechanism_list(kSlot, types, count), CKR_OK);
  ck_assert_uint_eq(count, 4);
  ck_assert_uint_eq(types[0], CKM_RSA_PKCS);
  CK_MECHANISM_INFO info{};
  ck_assert_uint_eq(program.module.get_mechanism_info(kSlot, CKM_RSA_PKCS, info), CKR_OK);
  ck_assert_uint_eq(info.ulMaxKeySize, 2048);
  ck_assert_uint_eq(info.flags, CKF_HW | CKF_SIGN);
  ck_assert_uint_eq(program.module.get_mechanism_info(kSlot, CKM_ECDSA, info), CKR_MECHANISM_INVALID);
}
END_TEST

START_TEST(a_card_without_a_certificate_or_with_noise_for_one) {
  auto contents = card_contents();
  contents.auth_certificate.clear();
  Hardware hardware;
  hardware.change_card(contents);
  Program program(hardware);
  ck_assert(program.find(program.session()) == (std::vector<CK_OBJECT_HANDLE>{4}));
  contents.auth_certificate = vcard::test::certificate(600, 0xA1);
  hardware.change_card(contents);
  const CK_SESSION_HANDLE session = program.session();
  ck_assert(program.find(session) == (std::vector<CK_OBJECT_HANDLE>{1, 4}));
  ck_assert(program.attribute(session, ObjectKind::kCertificate, CKA_VALUE) == contents.auth_certificate);
  program.attribute(session, ObjectKind::kCertificate, CKA_SUBJECT, CKR_ATTRIBUTE_TYPE_INVALID);
}
END_TEST

START_TEST(a_card_of_another_kind) {
  Hardware hardware;
  hardware.lie = [](const std::string&) { return Expected<Blob, Trouble>(hex("6A82")); };
  Program program(hardware);
  CK_SESSION_HANDLE session = 0;
  ck_assert_uint_eq(program.module.open_session(kSlot, CKF_SERIAL_SESSION, session),
                    CKR_TOKEN_NOT_RECOGNIZED);
  CK_TOKEN_INFO info{};
  ck_assert_uint_eq(program.module.get_token_info(kSlot, info), CKR_TOKEN_NOT_RECOGNIZED);
  ck_assert(!hardware.in_transaction);
  ck_assert_int_eq(hardware.connections, 0);
  ck_assert_uint_eq(program.module.open_session(kSlot, 0, session), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
}
END_TEST

// Neither the signature certificate, its PIN and key, nor any application but JPKI's is ever named.
START_TEST(what_is_out_of_reach) {
  Hardware hardware;
  Program program(hardware);
  const CK_SESSION_HANDLE session = program.logged_in();
  for (const CK_OBJECT_HANDLE object : program.find(session)) {
    Blob value(4096);
    CK_ATTRIBUTE wanted{CKA_VALUE, value.data(), value.size()};
    (void)program.module.get_attribute_value(session, object, {&wanted, 1});
  }
  Blob signature(256);
  ck_assert_uint_eq(program.sign(session, CKM_RSA_PKCS, hex("01"), signature), CKR_OK);
  const std::set<std::string> allowed = {"00a4040c0ad392f000260100000001", "00a4020c02000a", "00a4020c02000b",
                                         "00a4020c020017", "00a4020c020018"};
  const std::set<std::string> readable = {"00b08a", "00b08b"};  // of those that name a file
  for (const std::string& command : hardware.commands) {
    ck_assert_msg(!command.starts_with("00a4") || allowed.contains(command), "%s", command.c_str());
    const bool names = command.starts_with("00b0") && command[4] >= '8';
    ck_assert_msg(!names || readable.contains(command.substr(0, 6)), "%s", command.c_str());
  }
  ck_assert_uint_eq(hardware.sent("00b08a"), 1);
}
END_TEST

START_TEST(slot_events) {
  Hardware hardware;
  hardware.present = false;
  Program program(hardware);
  CK_SLOT_ID slot = 9;
  ck_assert_uint_eq(program.module.wait_for_slot_event(false, slot), CKR_NO_EVENT);
  hardware.insert();
  ck_assert_uint_eq(program.module.wait_for_slot_event(false, slot), CKR_OK);
  ck_assert_uint_eq(slot, kSlot);
  ck_assert_uint_eq(program.module.wait_for_slot_event(false, slot), CKR_NO_EVENT);
  CK_RV waited = CKR_OK;
  std::thread waiter([&] { waited = program.module.wait_for_slot_event(true, slot); });
  hardware.remove();
  waiter.join();
  ck_assert_uint_eq(waited, CKR_OK);
  hardware.before_a_wait = [&] { hardware.insert(); };  // while it waits
  ck_assert_uint_eq(program.module.wait_for_slot_event(true, slot), CKR_OK);
  hardware.before_a_wait = {};
  hardware.service = false;  // nothing to wait for
  slot = 9;
  ck_assert_uint_eq(program.module.wait_for_slot_event(true, slot), CKR_OK);  // the card that was there
  ck_assert_uint_eq(program.module.wait_for_slot_event(true, slot), CKR_FUNCTION_FAILED);
  hardware.service = true;
  ck_assert_uint_eq(program.module.wait_for_slot_event(true, slot), CKR_OK);
  waiter = std::thread([&] { waited = program.module.wait_for_slot_event(true, slot); });
  program.module.stop();
  waiter.join();
  ck_assert_uint_eq(waited, CKR_CRYPTOKI_NOT_INITIALIZED);
}
END_TEST

class ReadersWithoutEvents final : public Readers {
 public:
  Expected<std::vector<ReaderState>, Trouble> list() override { return std::vector<ReaderState>{}; }
  Expected<std::unique_ptr<Card>, Trouble> connect(const std::string&) override {
    return Unexpected{Trouble::kNoReader};
  }
  Expected<Unit, Trouble> wait_for_change(const std::vector<ReaderState>&) override {
    return Unexpected{Trouble::kNoService};
  }
  void interrupt() noexcept override {}
};

START_TEST(a_wait_that_fails_is_told) {
  Module module(std::make_unique<ReadersWithoutEvents>(), {.holding = Holding::kWhileVerified});
  CK_SLOT_ID slot = 9;
  ck_assert_uint_eq(module.wait_for_slot_event(true, slot), CKR_FUNCTION_FAILED);
  ck_assert_uint_eq(module.wait_for_slot_event(false, slot), CKR_NO_EVENT);
}
END_TEST

}  // namespace

int main() {
  (void)rsa_certificate();
  (void)p384_certificate();
  Suite* const suite = suite_create("pkcs11/module");
  TCase* const cases = tcase_create("module");
  for (const TTest* test : {a_slot_for_each_reader_and_a_token_in_it,
                            readers_and_cards_come_and_go,
                            another_card_is_another_token,
                            the_certificate_is_read_once_an_insertion,
                            a_login_in_as_few_commands_as_there_can_be,
                            the_tries_are_told_exactly,
                            a_locked_signature_pin_is_nobodys_business,
                            a_pin_of_another_form_costs_nothing,
                            a_pin_that_is_typed_on_the_reader,
                            a_reader_without_keys_types_nothing,
                            no_answer_to_a_reader_s_verify_is_a_right_pin,
                            a_card_that_does_not_answer_at_first_is_reset,
                            no_answer_brings_a_second_verify,
                            a_card_pulled_at_verify_or_at_the_signature,
                            the_card_is_let_go_five_seconds_after_the_last_signature,
                            each_card_has_its_own_time_and_its_own_signature,
                            the_card_forgets_the_pin_with_the_last_session,
                            objects_as_programs_look_for_them,
                            attributes_of_the_objects,
                            signatures_of_an_rsa_key,
                            the_order_of_a_signature,
                            the_order_of_a_signature_in_parts,
                            a_card_that_wants_its_pin_again,
                            signatures_that_are_none,
                            signatures_of_a_p384_key,
                            ecdsa_signatures_in_both_forms,
                            mechanisms_of_an_rsa_key,
                            a_card_without_a_certificate_or_with_noise_for_one,
                            a_card_of_another_kind,
                            what_is_out_of_reach,
                            slot_events,
                            a_wait_that_fails_is_told})
    tcase_add_test(cases, test);
  suite_add_tcase(suite, cases);
  return jpki::test::run_suite(suite);
}
