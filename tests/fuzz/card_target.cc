// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/module.h"
#include "pkcs11/reader_features.h"
#include "tests/fuzz/targets.h"

#include <cstdlib>

namespace jpki::fuzz {
namespace {

using namespace jpki::pkcs11;

constexpr CK_SLOT_ID kSlot = 0;
constexpr int kLogins = 2;

// What the card answers, one after another, and what it was sent.
struct Script {
  Bytes rest;
  std::size_t longest = 256;
  int verifies = 0;
  bool keys = false;  // the PIN is typed on the reader

  // Length-prefixed (two octets, big endian); 0xFFFF: none.
  Expected<Blob, Trouble> next(Bytes command) {
    if (command.size() > 5 && command[1] == 0x20) ++verifies;
    if (rest.size() < 2) return Unexpected{Trouble::kNoCard};
    const std::size_t told = rest[0] * 256u + rest[1];
    if (told == 0xFFFF) return Unexpected{Trouble::kCardError};
    const std::size_t size = std::min(told, rest.size() - 2);
    const Blob answer = to_blob(rest.subspan(2, size));
    rest = rest.subspan(2 + size);
    return answer;
  }
};

class ScriptedCard final : public Card {
 public:
  explicit ScriptedCard(Script& script) : script_(script) {}
  Expected<Unit, Trouble> begin() override { return Unit{}; }
  void end(Leave) noexcept override {}
  Expected<Blob, Trouble> transmit(Bytes command) override { return script_.next(command); }
  std::size_t longest_answer() override { return script_.longest; }
  bool has_keys() override { return script_.keys; }
  Expected<Blob, Trouble> verify_on_keys(Bytes) override {
    ++script_.verifies;
    return script_.next({});
  }

 private:
  Script& script_;
};

class ScriptedReaders final : public Readers {
 public:
  explicit ScriptedReaders(Script& script) : script_(script) {}
  Expected<std::vector<ReaderState>, Trouble> list() override {
    return std::vector<ReaderState>{{.name = "reader", .holds_card = true, .insertion = 1}};
  }
  Expected<std::unique_ptr<Card>, Trouble> connect(const std::string&) override {
    return std::unique_ptr<Card>(std::make_unique<ScriptedCard>(script_));
  }
  Expected<Unit, Trouble> wait_for_change(const std::vector<ReaderState>&) override { return Unit{}; }
  void interrupt() noexcept override {}

 private:
  Script& script_;
};

constexpr CK_ATTRIBUTE_TYPE kAttributes[] = {
    CKA_VALUE,        CKA_SUBJECT,   CKA_ISSUER,   CKA_SERIAL_NUMBER,   CKA_MODULUS,  CKA_PUBLIC_EXPONENT,
    CKA_MODULUS_BITS, CKA_EC_PARAMS, CKA_EC_POINT, CKA_PUBLIC_KEY_INFO, CKA_KEY_TYPE, CKA_ID};

void look_at_objects(Module& module, CK_SESSION_HANDLE session) {
  CK_OBJECT_HANDLE found[8];
  CK_ULONG count = 0;
  if (module.find_objects_init(session, {}) != CKR_OK) return;
  if (module.find_objects(session, found, count) != CKR_OK || count > std::size(found)) std::abort();
  (void)module.find_objects_final(session);
  for (CK_ULONG i = 0; i < count; ++i)
    for (const CK_ATTRIBUTE_TYPE type : kAttributes) {
      std::uint8_t value[512];
      CK_ATTRIBUTE wanted{type, value, sizeof value};
      const CK_RV rv = module.get_attribute_value(session, found[i], {&wanted, 1});
      if (rv == CKR_OK && wanted.ulValueLen > sizeof value) std::abort();
    }
}

void log_in_and_sign(Module& module, CK_SESSION_HANDLE session, bool on_reader) {
  const CK_RV rv = on_reader ? module.login_on_reader(session, CKU_USER)
                             : module.login(session, CKU_USER, as_bytes("1234"));
  if (rv != CKR_OK) return;
  look_at_objects(module, session);
  const Blob input(48, 1);
  for (const CK_MECHANISM_TYPE type : {CKM_RSA_PKCS, CKM_ECDSA, CKM_SHA256_RSA_PKCS}) {
    std::uint8_t signature[256];
    CK_ULONG size = sizeof signature;
    if (module.sign_init(session, {type, nullptr, 0}, 3) == CKR_OK &&
        module.sign(session, input, signature, size) == CKR_OK && size > sizeof signature)
      std::abort();
  }
}

}  // namespace

void card(Bytes input) {
  if (input.empty()) return;
  const std::uint8_t flags = input[0];
  (void)longest_answer_told(input.subspan(1));
  (void)properties_control_code(input.subspan(1));
  (void)keys_control_code(input.subspan(1));
  Script script{.rest = input.subspan(1)};
  if ((flags & 1) != 0) script.longest = 65536;
  script.keys = (flags & 4) != 0;
  const auto holding = (flags & 2) != 0 ? Holding::kUntilLetGo : Holding::kWhileVerified;
  Module module(std::make_unique<ScriptedReaders>(script),
                {.holding = holding, .pin_on_reader = script.keys});
  CK_TOKEN_INFO info{};
  CK_SESSION_HANDLE session = 0;
  CK_ULONG count = 0;
  if (module.get_slot_list(true, nullptr, count) != CKR_OK || count != 1) std::abort();
  for (int i = 0; i < kLogins; ++i) {
    if (module.open_session(kSlot, CKF_SERIAL_SESSION, session) != CKR_OK) continue;
    look_at_objects(module, session);
    (void)module.get_token_info(kSlot, info);
    log_in_and_sign(module, session, script.keys);
    (void)module.logout(session);
    (void)module.close_session(session);
  }
  if (script.verifies > kLogins) std::abort();  // one for each login, whatever the card answers
}

}  // namespace jpki::fuzz
