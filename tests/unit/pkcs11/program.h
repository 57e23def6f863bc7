// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A program that uses the module, over a fake reader.
#pragma once

#include "pkcs11/module.h"
#include "tests/unit/pkcs11/fake_reader.h"

namespace jpki::pkcs11::test {

inline constexpr CK_SLOT_ID kSlot = 0;

// A module over that hardware, whose clock stands still unless moved.
struct Program {
  explicit Program(Hardware& hardware, Holding holding = Holding::kWhileVerified, bool pin_on_reader = false)
      : module(std::make_unique<FakeReaders>(hardware),
               {.holding = holding, .pin_on_reader = pin_on_reader, .now = [this] { return now; }}) {
    CK_ULONG count = 0;
    ck_assert_uint_eq(module.get_slot_list(true, nullptr, count), CKR_OK);
  }

  CK_SESSION_HANDLE session() {
    CK_SESSION_HANDLE handle = 0;
    ck_assert_uint_eq(module.open_session(kSlot, CKF_SERIAL_SESSION, handle), CKR_OK);
    return handle;
  }
  CK_SESSION_HANDLE logged_in() {
    const CK_SESSION_HANDLE handle = session();
    ck_assert_uint_eq(login(handle, "1234"), CKR_OK);
    return handle;
  }
  CK_RV login(CK_SESSION_HANDLE session, std::string_view pin, CK_USER_TYPE user = CKU_USER) {
    return module.login(session, user, as_bytes(pin));
  }
  CK_TOKEN_INFO info() {
    CK_TOKEN_INFO told{};
    ck_assert_uint_eq(module.get_token_info(kSlot, told), CKR_OK);
    return told;
  }
  std::string serial() {
    const CK_TOKEN_INFO told = info();
    return {reinterpret_cast<const char*>(told.serialNumber), sizeof told.serialNumber};
  }
  std::vector<CK_OBJECT_HANDLE> find(CK_SESSION_HANDLE session, std::vector<CK_ATTRIBUTE> wanted = {}) {
    ck_assert_uint_eq(module.find_objects_init(session, wanted), CKR_OK);
    std::vector<CK_OBJECT_HANDLE> found(10);
    CK_ULONG count = 0;
    ck_assert_uint_eq(module.find_objects(session, found, count), CKR_OK);
    ck_assert_uint_eq(module.find_objects_final(session), CKR_OK);
    found.resize(count);
    return found;
  }
  Blob attribute(CK_SESSION_HANDLE session, ObjectKind object, CK_ATTRIBUTE_TYPE type,
                 CK_RV expected = CKR_OK) {
    Blob value(4096);
    CK_ATTRIBUTE wanted{type, value.data(), value.size()};
    const CK_RV rv = module.get_attribute_value(session, static_cast<CK_OBJECT_HANDLE>(object), {&wanted, 1});
    ck_assert_msg(rv == expected, "attribute %lx of %lu: %lx", type, static_cast<CK_OBJECT_HANDLE>(object),
                  rv);
    if (rv != CKR_OK) ck_assert_uint_eq(wanted.ulValueLen, CK_UNAVAILABLE_INFORMATION);
    value.resize(rv == CKR_OK ? wanted.ulValueLen : 0);
    return value;
  }
  CK_RV sign(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, Bytes data, Blob& signature) {
    const CK_RV rv = module.sign_init(session, {type, nullptr, 0}, 3);
    if (rv != CKR_OK) return rv;
    CK_ULONG size = signature.size();
    const CK_RV signed_rv = module.sign(session, data, signature.data(), size);
    if (signed_rv == CKR_OK) signature.resize(size);
    return signed_rv;
  }

  SteadyTime now{};
  Module module;
};

}  // namespace jpki::pkcs11::test
