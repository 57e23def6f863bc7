// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Pkcs11Token: a Token on one slot of a PKCS#11 module (PKCS#11 v2.40).
#pragma once

#include "validator/card/pkcs11_module.h"
#include "validator/card/token.h"

namespace jpki::card {

class Pkcs11Token final : public Token {
 public:
  // The module must outlive the token. `reader`: the description of the slot. `here`: it is a reader of this
  // machine, so its card service can be asked as well.
  Pkcs11Token(const Pkcs11Module& module, CK_SLOT_ID slot, std::string&& reader, bool here) noexcept
      : module_(module), slot_(slot), reader_(std::move(reader)), here_(here) {}
  Pkcs11Token(const Pkcs11Token&) = delete;
  Pkcs11Token& operator=(const Pkcs11Token&) = delete;
  ~Pkcs11Token() override;

  // Opens the session, once and before anything else. kCardRemoved and kCardNotRecognised tell why it cannot
  // be.
  Expected<Unit, CardError> open();

  Expected<std::vector<CertificateObject>, CardError> certificates(Which which) override;
  Expected<PinFlags, CardError> pin_flags() override;
  std::string label() const override { return label_; }
  Expected<Unit, CardError> login(const Secret& pin) override;
  Expected<Blob, CardError> sign(const ObjectId& id, KeyAlgorithm algorithm, Bytes to_be_signed) override;
  const std::string& reader() const noexcept override { return reader_; }
  void logout() noexcept override;
  void let_others_use_it() noexcept override;

 private:
  static constexpr std::size_t kMaxObjects = 32;
  static constexpr std::size_t kMaxAttribute = 64 * 1024;

  CK_FUNCTION_LIST& p11() const noexcept { return module_.functions(); }
  Expected<std::vector<CK_OBJECT_HANDLE>, CardError> find(std::span<CK_ATTRIBUTE> template_attributes);
  Expected<Blob, CardError> attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
  bool marked_as_authority(CK_OBJECT_HANDLE object);
  // Asks the reader, not the card.
  bool present();
  // Some modules report a pulled card as success or as a general error.
  CardError explain(CardError error);

  const Pkcs11Module& module_;
  CK_SLOT_ID slot_;
  std::string reader_;
  bool here_;
  std::string label_;
  CK_SESSION_HANDLE session_ = CK_INVALID_HANDLE;
  bool logged_in_ = false;
};

}  // namespace jpki::card
