// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/pkcs11_module.h"

#include <utility>

#include <fmt/format.h>

namespace jpki::card {
namespace {

// jpki-pkcs11(8). Where the PIN is typed is said by the rules of tokens; the module tells where it can be.
constexpr std::string_view kWishes = "hold=until-logout pin=on-reader";

// The names of PKCS#11 v2.40 that a card can produce; an administrator looks them up, so they stay in
// English.
std::string_view name_of_rv(CK_RV rv) {
  switch (rv) {
    case CKR_HOST_MEMORY:
      return "CKR_HOST_MEMORY";
    case CKR_GENERAL_ERROR:
      return "CKR_GENERAL_ERROR";
    case CKR_FUNCTION_FAILED:
      return "CKR_FUNCTION_FAILED";
    case CKR_FUNCTION_CANCELED:
      return "CKR_FUNCTION_CANCELED";
    case CKR_ARGUMENTS_BAD:
      return "CKR_ARGUMENTS_BAD";
    case CKR_DATA_LEN_RANGE:
      return "CKR_DATA_LEN_RANGE";
    case CKR_DEVICE_ERROR:
      return "CKR_DEVICE_ERROR";
    case CKR_DEVICE_MEMORY:
      return "CKR_DEVICE_MEMORY";
    case CKR_DEVICE_REMOVED:
      return "CKR_DEVICE_REMOVED";
    case CKR_KEY_HANDLE_INVALID:
      return "CKR_KEY_HANDLE_INVALID";
    case CKR_MECHANISM_INVALID:
      return "CKR_MECHANISM_INVALID";
    case CKR_PIN_INCORRECT:
      return "CKR_PIN_INCORRECT";
    case CKR_PIN_INVALID:
      return "CKR_PIN_INVALID";
    case CKR_PIN_LEN_RANGE:
      return "CKR_PIN_LEN_RANGE";
    case CKR_PIN_EXPIRED:
      return "CKR_PIN_EXPIRED";
    case CKR_PIN_LOCKED:
      return "CKR_PIN_LOCKED";
    case CKR_SESSION_CLOSED:
      return "CKR_SESSION_CLOSED";
    case CKR_SESSION_HANDLE_INVALID:
      return "CKR_SESSION_HANDLE_INVALID";
    case CKR_SIGNATURE_LEN_RANGE:
      return "CKR_SIGNATURE_LEN_RANGE";
    case CKR_SLOT_ID_INVALID:
      return "CKR_SLOT_ID_INVALID";
    case CKR_TOKEN_NOT_PRESENT:
      return "CKR_TOKEN_NOT_PRESENT";
    case CKR_TOKEN_NOT_RECOGNIZED:
      return "CKR_TOKEN_NOT_RECOGNIZED";
    case CKR_USER_NOT_LOGGED_IN:
      return "CKR_USER_NOT_LOGGED_IN";
    case CKR_USER_PIN_NOT_INITIALIZED:
      return "CKR_USER_PIN_NOT_INITIALIZED";
    case CKR_CRYPTOKI_NOT_INITIALIZED:
      return "CKR_CRYPTOKI_NOT_INITIALIZED";
    default:
      return "error";
  }
}

Verdict verdict_of_rv(CK_RV rv) {
  switch (rv) {
    case CKR_DEVICE_REMOVED:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_SLOT_ID_INVALID:
      return Verdict::kCardRemoved;
    case CKR_TOKEN_NOT_RECOGNIZED:
      return Verdict::kCardNotRecognised;
    case CKR_USER_NOT_LOGGED_IN:
      return Verdict::kCardBusy;
    case CKR_USER_PIN_NOT_INITIALIZED:
      return Verdict::kPinNotSet;
    case CKR_PIN_EXPIRED:
      return Verdict::kPinToBeChanged;
    case CKR_HOST_MEMORY:
      return Verdict::kInternal;
    default:
      return Verdict::kCardError;
  }
}

bool is_our_own(std::string_view name) {
  return name.substr(name.rfind('/') + 1) == kOwnModule;
}

CK_RV initialize_our_own(const CK_FUNCTION_LIST& functions) {
  std::string wishes(kWishes);
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK | CKF_LIBRARY_CANT_CREATE_OS_THREADS;
  arguments.pReserved = wishes.data();
  return functions.C_Initialize(&arguments);
}

}  // namespace

std::string describe(const char* function, CK_RV rv) {
  return fmt::format("{}: {} (0x{:x})", function, name_of_rv(rv), rv);
}

CardError card_error(const char* function, CK_RV rv) {
  return {verdict_of_rv(rv), describe(function, rv)};
}

Expected<Pkcs11Module, CardError> Pkcs11Module::load(const std::string& name) {
  const bool own = is_our_own(name);
  // p11-kit keeps pReserved for itself where it manages a module.
  CK_FUNCTION_LIST* functions = ::p11_kit_module_load(name.c_str(), own ? P11_KIT_MODULE_UNMANAGED : 0);
  if (functions == nullptr) {
    const char* why = ::p11_kit_message();
    return Unexpected{
        CardError{Verdict::kModuleUnusable, fmt::format("{}: {}", name, why ? why : "cannot be loaded")}};
  }
  const CK_RV rv = own ? initialize_our_own(*functions) : ::p11_kit_module_initialize(functions);
  if (rv != CKR_OK) {
    ::p11_kit_module_release(functions);
    return Unexpected{CardError{Verdict::kModuleUnusable, name + ": " + describe("C_Initialize", rv)}};
  }
  return Pkcs11Module(functions, own);
}

Pkcs11Module::Pkcs11Module(Pkcs11Module&& other) noexcept
    : functions_(std::exchange(other.functions_, nullptr)), own_(other.own_) {}

Pkcs11Module::~Pkcs11Module() {
  if (functions_ == nullptr) return;
  ::p11_kit_module_finalize(functions_);
  ::p11_kit_module_release(functions_);
}

Expected<std::vector<CK_SLOT_ID>, CardError> Pkcs11Module::slots(bool present_only) const {
  // A reader may be plugged in between the two calls: ask again while the list grows, but not for ever.
  const CK_BBOOL present = present_only ? CK_TRUE : CK_FALSE;
  for (int attempt = 0; attempt < 4; ++attempt) {
    CK_ULONG count = 0;
    CK_RV rv = functions_->C_GetSlotList(present, nullptr, &count);
    if (rv != CKR_OK) return Unexpected{card_error("C_GetSlotList", rv)};
    std::vector<CK_SLOT_ID> ids(count);
    if (count == 0) return ids;
    rv = functions_->C_GetSlotList(present, ids.data(), &count);
    if (rv == CKR_BUFFER_TOO_SMALL) continue;
    if (rv != CKR_OK) return Unexpected{card_error("C_GetSlotList", rv)};
    ids.resize(count);
    return ids;
  }
  return Unexpected{CardError{Verdict::kCardError, "C_GetSlotList: the readers keep changing"}};
}

}  // namespace jpki::card
