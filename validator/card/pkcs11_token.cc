// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/pkcs11_token.h"

#include "base/padded_text.h"
#include "base/smartphone.h"
#include "validator/card/login_pin_probe.h"
#include "validator/card/reset_at_logout.h"
#include "validator/card/token_label.h"

#include <algorithm>
#include <array>

namespace jpki::card {
namespace {

constexpr CK_ULONG kAuthorityCategory = 2;  // PKCS#11 v2.40, 4.6.2

template <class T>
CK_ATTRIBUTE attribute_of(CK_ATTRIBUTE_TYPE type, T& value) {
  return {type, &value, sizeof value};
}

template <std::size_t kSize>
std::string text_of(const CK_UTF8CHAR (&field)[kSize]) {
  return std::string(without_padding({reinterpret_cast<const char*>(field), kSize}));
}

}  // namespace

Pkcs11Token::~Pkcs11Token() {
  logout();
  if (session_ != CK_INVALID_HANDLE) p11().C_CloseSession(session_);
}

Expected<Unit, CardError> Pkcs11Token::open() {
  const CK_RV rv = p11().C_OpenSession(place_.slot, CKF_SERIAL_SESSION, nullptr, nullptr, &session_);
  if (rv != CKR_OK) {
    session_ = CK_INVALID_HANDLE;
    return Unexpected{card_error("C_OpenSession", rv)};
  }
  return Unit{};
}

Expected<std::vector<CK_OBJECT_HANDLE>, CardError> Pkcs11Token::find(std::span<CK_ATTRIBUTE> wanted) {
  CK_RV rv = p11().C_FindObjectsInit(session_, wanted.data(), wanted.size());
  if (rv != CKR_OK) return Unexpected{explain(card_error("C_FindObjectsInit", rv))};
  std::vector<CK_OBJECT_HANDLE> handles(kMaxObjects);
  CK_ULONG count = 0;
  rv = p11().C_FindObjects(session_, handles.data(), handles.size(), &count);
  p11().C_FindObjectsFinal(session_);
  if (rv != CKR_OK) return Unexpected{explain(card_error("C_FindObjects", rv))};
  handles.resize(count);
  return handles;
}

Expected<Blob, CardError> Pkcs11Token::attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  CK_ATTRIBUTE wanted{type, nullptr, 0};
  CK_RV rv = p11().C_GetAttributeValue(session_, object, &wanted, 1);
  if (rv != CKR_OK) return Unexpected{explain(card_error("C_GetAttributeValue", rv))};
  if (wanted.ulValueLen > kMaxAttribute)
    return Unexpected{CardError{Verdict::kCardError, "C_GetAttributeValue: value too large"}};
  Blob value(wanted.ulValueLen);
  wanted.pValue = value.data();
  rv = p11().C_GetAttributeValue(session_, object, &wanted, 1);
  if (rv != CKR_OK) return Unexpected{explain(card_error("C_GetAttributeValue", rv))};
  value.resize(std::min<std::size_t>(value.size(), wanted.ulValueLen));
  return value;
}

bool Pkcs11Token::present() {
  CK_SLOT_INFO info{};
  return p11().C_GetSlotInfo(place_.slot, &info) == CKR_OK && (info.flags & CKF_TOKEN_PRESENT) != 0;
}

bool Pkcs11Token::marked_as_authority(CK_OBJECT_HANDLE object) {
  // OpenSC sets CKA_TRUSTED on the card's own CA certificates, our module their category: nothing to trust,
  // but a cheap "not a person's".
  CK_BBOOL trusted = CK_FALSE;
  CK_ATTRIBUTE mark = attribute_of(CKA_TRUSTED, trusted);
  if (p11().C_GetAttributeValue(session_, object, &mark, 1) == CKR_OK && mark.ulValueLen == sizeof trusted &&
      trusted == CK_TRUE)
    return true;
  CK_ULONG category = 0;
  CK_ATTRIBUTE told = attribute_of(CKA_CERTIFICATE_CATEGORY, category);
  return p11().C_GetAttributeValue(session_, object, &told, 1) == CKR_OK &&
         told.ulValueLen == sizeof category && category == kAuthorityCategory;
}

Expected<std::vector<CertificateObject>, CardError> Pkcs11Token::certificates(Which which) {
  CK_OBJECT_CLASS object_class = CKO_CERTIFICATE;
  CK_CERTIFICATE_TYPE certificate_type = CKC_X_509;
  std::array wanted{attribute_of(CKA_CLASS, object_class),
                    attribute_of(CKA_CERTIFICATE_TYPE, certificate_type)};
  const auto handles = find(wanted);
  if (!handles) return Unexpected{handles.error()};
  std::vector<CertificateObject> found;
  for (const CK_OBJECT_HANDLE handle : *handles) {
    if (marked_as_authority(handle) != (which == Which::kAuthorities)) continue;
    auto der = attribute(handle, CKA_VALUE);
    if (!der) return Unexpected{der.error()};
    auto id = attribute(handle, CKA_ID);
    if (!id) return Unexpected{id.error()};
    found.push_back({std::move(*id), std::move(*der)});
  }
  // A card that was pulled, or whose PIN answers as blocked, may show as success and no objects.
  if (handles->empty()) {
    if (auto flags = pin_flags(); !flags) {
      const bool strange = place_.here && flags.error().verdict == Verdict::kCardNotRecognised;
      auto known = strange ? explain_unrecognised(std::span(&place_.reader, 1)) : std::nullopt;
      return Unexpected{known ? std::move(*known) : flags.error()};
    }
  }
  if (found.empty() && which == Which::kEndEntities)
    if (auto smartphone = smartphone_of_others()) return Unexpected{std::move(*smartphone)};
  return found;
}

std::optional<CardError> Pkcs11Token::smartphone_of_others() {
  if (module_.holds_cards() || !place_.here || (!identity_ && !info())) return std::nullopt;
  if (identity_->manufacturer != kTokenManufacturer) return std::nullopt;
  return explain_missing_certificate(place_.reader);
}

// Slots keep their numbers when their tokens change, and some modules keep sessions as well. No PIN may reach
// another token than the one that it was asked for.
Expected<CK_TOKEN_INFO, CardError> Pkcs11Token::info() {
  CK_TOKEN_INFO info{};
  const CK_RV rv = p11().C_GetTokenInfo(place_.slot, &info);
  if (rv != CKR_OK) return Unexpected{card_error("C_GetTokenInfo", rv)};
  const std::string manufacturer = text_of(info.manufacturerID);
  TokenIdentity identity{.label = whole_label(text_of(info.label), manufacturer),
                         .manufacturer = manufacturer,
                         .model = text_of(info.model),
                         .serial = text_of(info.serialNumber)};
  if (!identity_) identity_ = identity;
  if (*identity_ != identity)
    return Unexpected{CardError{Verdict::kCardRemoved, "C_GetTokenInfo: another token is in the slot"}};
  return info;
}

bool Pkcs11Token::blank() {
  CK_TOKEN_INFO info{};
  return p11().C_GetTokenInfo(place_.slot, &info) == CKR_OK && (info.flags & CKF_TOKEN_INITIALIZED) == 0;
}

Expected<Unit, CardError> Pkcs11Token::take_rule(std::span<const TokenRule> rules,
                                                 const std::string& module) {
  if (std::ranges::none_of(rules, [&](const TokenRule& rule) { return concerns(rule, module); }))
    return Unit{};
  if (const auto told = info(); !told) return Unexpected{told.error()};
  rule_ = rule_for(rules, module, *identity_);
  return Unit{};
}

Expected<PinFlags, CardError> Pkcs11Token::pin_flags() {
  const auto told = info();
  if (!told) return Unexpected{told.error()};
  const auto has = [flags = told->flags](CK_FLAGS flag) { return (flags & flag) != 0; };
  const auto length = [](CK_ULONG n) {
    return static_cast<std::uint16_t>(std::min<CK_ULONG>(n, UINT16_MAX));
  };
  return PinFlags{.count_low = has(CKF_USER_PIN_COUNT_LOW),
                  .final_try = has(CKF_USER_PIN_FINAL_TRY),
                  .locked = has(CKF_USER_PIN_LOCKED),
                  .to_be_changed = has(CKF_USER_PIN_TO_BE_CHANGED),
                  .initialized = has(CKF_USER_PIN_INITIALIZED),
                  .required = has(CKF_LOGIN_REQUIRED),
                  .on_reader = has(CKF_PROTECTED_AUTHENTICATION_PATH),
                  .min_length = length(told->ulMinPinLen),
                  .max_length = length(told->ulMaxPinLen)};
}

bool Pkcs11Token::shows_key(const ObjectId& id) {
  for (CK_OBJECT_CLASS object_class : {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY}) {
    ObjectId key_id = id;
    std::array wanted{attribute_of(CKA_CLASS, object_class),
                      CK_ATTRIBUTE{CKA_ID, key_id.data(), key_id.size()}};
    const auto keys = find(wanted);
    if (keys && !keys->empty()) return true;
  }
  return false;
}

bool Pkcs11Token::is_smartphone() {
  if (!module_.holds_cards() || (!identity_ && !info())) return false;
  return identity_->manufacturer == kTokenManufacturer && identity_->model == kSmartphoneModel;
}

Expected<Unit, CardError> Pkcs11Token::login(const Secret& pin) {
  return log_in(const_cast<CK_UTF8CHAR*>(pin.bytes().data()), pin.size());  // C_Login promises not to write
}

Expected<Unit, CardError> Pkcs11Token::login_on_reader() {
  return log_in(nullptr, 0);  // PKCS#11 v2.40, 5.6.7
}

Expected<Unit, CardError> Pkcs11Token::log_in(CK_UTF8CHAR* pin, CK_ULONG size) {
  const CK_RV rv = p11().C_Login(session_, CKU_USER, pin, size);
  if (rv == CKR_OK) {
    logged_in_ = true;
    return Unit{};
  }
  const std::string cause = describe("C_Login", rv);
  if (rv == CKR_PIN_INCORRECT) return Unexpected{CardError{Verdict::kPinIncorrect, cause}};
  if (rv == CKR_PIN_LOCKED) return Unexpected{CardError{Verdict::kPinLocked, cause}};
  if (rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_INVALID)
    return Unexpected{CardError{Verdict::kPinMalformed, cause}};
  if (rv == CKR_FUNCTION_CANCELED) return Unexpected{CardError{Verdict::kCancelled, cause}};
  return Unexpected{explain(card_error("C_Login", rv))};
}

Expected<Blob, CardError> Pkcs11Token::sign(const ObjectId& id, KeyAlgorithm algorithm, Bytes to_be_signed) {
  CK_OBJECT_CLASS object_class = CKO_PRIVATE_KEY;
  ObjectId key_id = id;
  std::array wanted{attribute_of(CKA_CLASS, object_class),
                    CK_ATTRIBUTE{CKA_ID, key_id.data(), key_id.size()}};
  const auto keys = find(wanted);
  if (!keys) return Unexpected{keys.error()};
  if (keys->size() != 1) {
    return Unexpected{
        explain({Verdict::kCardError, "the card has not exactly one private key for its certificate"})};
  }
  CK_MECHANISM mechanism{algorithm == KeyAlgorithm::kRsa ? CKM_RSA_PKCS : CKM_ECDSA, nullptr, 0};
  CK_RV rv = p11().C_SignInit(session_, &mechanism, keys->front());
  if (rv != CKR_OK) return Unexpected{explain(card_error("C_SignInit", rv))};
  Blob signature(1024);
  CK_ULONG size = signature.size();
  auto* data = const_cast<CK_BYTE*>(to_be_signed.data());  // C_Sign promises not to write
  rv = p11().C_Sign(session_, data, to_be_signed.size(), signature.data(), &size);
  if (rv != CKR_OK) return Unexpected{explain(card_error("C_Sign", rv))};
  signature.resize(std::min<std::size_t>(size, signature.size()));
  return signature;
}

void Pkcs11Token::logout() noexcept {
  if (!logged_in_) return;
  const ResetAtLogout card_forgets_the_pin;
  p11().C_Logout(session_);
  logged_in_ = false;
}

void Pkcs11Token::let_others_use_it() noexcept {
  if (module_.holds_cards() && !logged_in_) p11().C_Logout(session_);
}

CardError Pkcs11Token::explain(CardError error) {
  if (error.verdict == Verdict::kCardError && !present()) error.verdict = Verdict::kCardRemoved;
  return error;
}

}  // namespace jpki::card
