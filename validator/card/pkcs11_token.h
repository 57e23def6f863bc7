// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Pkcs11Token: a Token on one slot of a PKCS#11 module (PKCS#11 v2.40).
#pragma once

#include "validator/card/pkcs11_module.h"
#include "validator/card/token.h"

namespace jpki::card {

class Pkcs11Token final : public Token {
 public:
  // What is known of it without a question to it.
  struct Place {
    CK_SLOT_ID slot;
    std::string reader;  // the description of the slot
    bool here;           // a card service can be asked as well
    std::size_t module;  // Token::module()
  };

  // The module must outlive the token.
  Pkcs11Token(const Pkcs11Module& module, Place&& place) noexcept
      : module_(module), place_(std::move(place)) {}
  Pkcs11Token(const Pkcs11Token&) = delete;
  Pkcs11Token& operator=(const Pkcs11Token&) = delete;
  ~Pkcs11Token() override;

  // Opens the session, once and before anything else. kCardRemoved and kCardNotRecognised tell why it cannot
  // be.
  Expected<Unit, CardError> open();

  // Whether C_GetTokenInfo answers, and tells of a token that nobody has initialised: it holds nothing.
  bool blank();

  // Asks who it is, where one of `rules` may be for it. They must outlive the token.
  Expected<Unit, CardError> take_rule(std::span<const TokenRule> rules, const std::string& module);

  Expected<std::vector<CertificateObject>, CardError> certificates(Which which) override;
  Expected<PinFlags, CardError> pin_flags() override;
  bool shows_key(const ObjectId& id) override;
  // By the word of jpki-pkcs11.so alone: what another module calls its tokens means nothing here.
  bool is_smartphone() override;
  std::string label() const override { return identity_ ? identity_->label : std::string(); }
  const TokenRule* rule() const noexcept override { return rule_; }
  std::size_t module() const noexcept override { return place_.module; }
  Expected<Unit, CardError> login(const Secret& pin) override;
  Expected<Unit, CardError> login_on_reader() override;
  Expected<Blob, CardError> sign(const ObjectId& id, KeyAlgorithm algorithm, Bytes to_be_signed) override;
  const std::string& reader() const noexcept override { return place_.reader; }
  void logout() noexcept override;
  void let_others_use_it() noexcept override;

 private:
  static constexpr std::size_t kMaxObjects = 32;
  static constexpr std::size_t kMaxAttribute = 64 * 1024;

  CK_FUNCTION_LIST& p11() const noexcept { return module_.functions(); }
  Expected<std::vector<CK_OBJECT_HANDLE>, CardError> find(std::span<CK_ATTRIBUTE> template_attributes);
  Expected<Blob, CardError> attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
  bool marked_as_authority(CK_OBJECT_HANDLE object);
  Expected<CK_TOKEN_INFO, CardError> info();
  Expected<Unit, CardError> log_in(CK_UTF8CHAR* pin, CK_ULONG size);
  // Asks the reader, not the card.
  bool present();
  // Another module than our own shows a JPKI token and no certificate of a person.
  std::optional<CardError> smartphone_of_others();
  // Some modules report a pulled card as success or as a general error.
  CardError explain(CardError error);

  const Pkcs11Module& module_;
  Place place_;
  std::optional<TokenIdentity> identity_;  // as it was first told
  const TokenRule* rule_ = nullptr;
  CK_SESSION_HANDLE session_ = CK_INVALID_HANDLE;
  bool logged_in_ = false;
};

}  // namespace jpki::card
