// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Pkcs11Module: one PKCS#11 module, loaded and initialised through p11-kit, finalised and released at the
// end. Our own module, jpki-pkcs11.so, is told that a login is short: from the first question on it keeps the
// card for itself until C_Logout, whether or not anybody is logged in, and starts no thread.
#pragma once

#include "base/expected.h"
#include "validator/card/token.h"

#include <string>

#include <p11-kit/p11-kit.h>

namespace jpki::card {

inline constexpr char kOwnModule[] = "jpki-pkcs11.so";

class Pkcs11Module {
 public:
  // `name`: an absolute path, or a file name in p11-kit's module directory ("opensc-pkcs11.so").
  static Expected<Pkcs11Module, CardError> load(const std::string& name);

  Pkcs11Module(Pkcs11Module&& other) noexcept;
  Pkcs11Module& operator=(Pkcs11Module&&) = delete;
  Pkcs11Module(const Pkcs11Module&) = delete;
  Pkcs11Module& operator=(const Pkcs11Module&) = delete;
  ~Pkcs11Module();

  CK_FUNCTION_LIST& functions() const noexcept { return *functions_; }

  // Between questions nobody else reaches a card, until C_Logout.
  bool holds_cards() const noexcept { return own_; }

  // C_GetSlotList; with `present_only`, slots that hold a token.
  Expected<std::vector<CK_SLOT_ID>, CardError> slots(bool present_only) const;

 private:
  Pkcs11Module(CK_FUNCTION_LIST* functions, bool own) noexcept : functions_(functions), own_(own) {}
  CK_FUNCTION_LIST* functions_;
  bool own_;
};

// "C_Sign: CKR_DEVICE_REMOVED (0x32)"
std::string describe(const char* function, CK_RV rv);

// What a failed card operation means to the person. PIN codes are the caller's subject.
CardError card_error(const char* function, CK_RV rv);

}  // namespace jpki::card
