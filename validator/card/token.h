// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Token and TokenSource: the card as the engine sees it. The product's implementation speaks PKCS#11
// (pkcs11_source.h); unit tests have their own.
#pragma once

#include "base/expected.h"
#include "base/protocol.h"
#include "base/secret.h"
#include "base/verdict.h"
#include "validator/card/token_rule.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace jpki::card {

// Why a card operation failed: the verdict for the person, the cause for the log ("C_Sign:
// CKR_DEVICE_ERROR").
struct CardError {
  Verdict verdict;
  std::string cause;
};

// CKA_ID of an object; ties a certificate to its private key.
using ObjectId = Blob;

struct CertificateObject {
  ObjectId id;
  Blob der;  // as the card gave it: hostile until decoded
};

// What C_GetTokenInfo tells about the user PIN (PKCS#11 v2.40, 3.3: CKF_USER_PIN_*, CKF_LOGIN_REQUIRED and
// CKF_PROTECTED_AUTHENTICATION_PATH).
struct PinFlags {
  bool count_low = false;
  bool final_try = false;
  bool locked = false;
  bool to_be_changed = false;
  bool initialized = true;
  bool required = true;
  bool on_reader = false;  // the reader has keys of its own for it
  std::uint16_t min_length = 0;
  std::uint16_t max_length = 0;
};

enum class KeyAlgorithm { kRsa, kEcdsa };

// One token. All calls may block as long as the card does: the process that started us enforces the deadline.
class Token {
 public:
  virtual ~Token() = default;

  // Certificates readable without a PIN. kEndEntities leaves out those the module marks as authorities, which
  // spares reading them; the mark is a hint and never trust.
  enum class Which { kEndEntities, kAuthorities };
  virtual Expected<std::vector<CertificateObject>, CardError> certificates(Which which) = 0;

  // Whether an object beside the certificates has that CKA_ID and shows without a PIN: a public key, mostly.
  // Tokens need not show any.
  virtual bool shows_key(const ObjectId&) { return false; }

  // Whether it says that it is a smartphone, which tells its certificate only while its PIN is verified. For
  // a token without a certificate to log in with.
  virtual bool is_smartphone() { return false; }

  // Asks the card each time; costs no try. kCardRemoved when another token is there than was before.
  virtual Expected<PinFlags, CardError> pin_flags() = 0;

  // By which a session knows it again: the whole label (token_label.h), as pin_flags() read it first; empty
  // before. Nobody has looked at what the card gave.
  virtual std::string label() const = 0;

  // Exactly one C_Login (one VERIFY). The verdict of a refusal is kPinIncorrect, kPinLocked, kPinMalformed,
  // kPinNotSet, kPinToBeChanged, kCardRemoved or kCardError; modules lie here, so callers re-read pin_flags()
  // (see PinGuard).
  virtual Expected<Unit, CardError> login(const Secret& pin) = 0;

  // The same for a PIN that the person types on the keys of the reader; kCancelled as well.
  virtual Expected<Unit, CardError> login_on_reader() {
    return Unexpected{CardError{Verdict::kInternal, "no keys"}};
  }

  // Signs with the private key of that CKA_ID: for kRsa, `digest_info` by PKCS#1 v1.5; for kEcdsa, the
  // digest, giving r||s. What comes back is unverified.
  virtual Expected<Blob, CardError> sign(const ObjectId& id, KeyAlgorithm algorithm, Bytes to_be_signed) = 0;

  // The description of its slot: with PC/SC the name of its reader, cut at 64 bytes. Without a question to
  // the card.
  virtual const std::string& reader() const noexcept = 0;

  // The [[token]] that is for it; null: none.
  virtual const TokenRule* rule() const noexcept { return nullptr; }

  // Its module's place in the configuration: the earlier one is preferred.
  virtual std::size_t module() const noexcept { return 0; }

  // C_Logout. The card forgets the PIN before anybody else reaches it (reset_at_logout.h).
  virtual void logout() noexcept = 0;

  // While nobody is logged in: other programs may use the card until the next question. A module that holds
  // no card between questions needs nothing.
  virtual void let_others_use_it() noexcept {}
};

// Tells, while it lives, that a card has left.
class Departure {
 public:
  virtual ~Departure() = default;
  // For poll(2): readable from then on.
  virtual int fd() const noexcept = 0;
};

class TokenSource {
 public:
  virtual ~TokenSource() = default;

  // Every token that is present now, in every reader of every module; at least one. Otherwise
  // kCardServiceDown, kNoReader, kNoCard, kCardNotRecognised or kModuleUnusable. The tokens live until
  // close().
  virtual Expected<std::vector<Token*>, CardError> tokens() = 0;

  // Waits until a reader or a card may have come or gone, at most so long. False, at once, where nothing
  // tells of that: the caller looks again later.
  virtual bool await_change(std::chrono::milliseconds at_most) = 0;

  // Whether a card has left, or its reader, that lay there when the source was opened, when await_change()
  // returned or when tokens() found some; one that was put back has left. Asks for up to half a second: a
  // reader notices late that a card is gone, and until then a lifted card looks like a broken or an empty
  // one.
  virtual bool card_left() = 0;
  // The same by what is known already, and after close() too.
  virtual bool card_has_left() { return false; }

  // Of the card in that reader, named as by Token::reader(), since tokens() found it. Null where nothing
  // tells of that.
  virtual std::unique_ptr<Departure> watch(const std::string&) { return nullptr; }

  // let_others_use_it() of every token: before a wait that may be long.
  virtual void let_others_use_them() noexcept {}

  // Ends all sessions and resets the cards. Nothing but card_has_left() may be called afterwards.
  virtual void close() noexcept = 0;
};

}  // namespace jpki::card
