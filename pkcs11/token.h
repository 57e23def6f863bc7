// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Token: the card in one reader from its insertion to its removal: what was read of it, whether the PIN is
// verified, and who else may use it meanwhile.
//
// Nobody else reaches the card from VERIFY until let_go(), which resets it: the card itself would stay
// verified for every program. So it is where the card's answer was lost. Before that, each question is a
// transaction of its own, or with Holding::kUntilLetGo one transaction that begins with the first question.
#pragma once

#include "pkcs11/applet.h"
#include "pkcs11/certificate_fields.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace jpki::pkcs11 {

enum class Holding {
  kWhileVerified,  // an ordinary program, which may stay open for days
  kUntilLetGo,     // a login: it ends soon, and saves the card selecting the same again
};

struct CardCertificate {
  Blob der;  // empty: the card has none, or tells it only while the PIN is verified
  std::optional<CertificateFields> fields;  // views of `der`; nothing: it does not decode
};

class Token {
 public:
  // `readers` must outlive the token.
  Token(Readers& readers, std::string reader, Holding holding)
      : readers_(readers), reader_(std::move(reader)), holding_(holding) {}
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;
  ~Token() { forget(); }

  // What the reader says now. Another insertion than before: everything that was known is forgotten, and the
  // result is true.
  bool reader_says(const ReaderState& state) noexcept;
  void reader_is_gone() noexcept;
  bool present() const noexcept { return present_; }

  // Each of these may find that the card is gone (kNoCard, kNoReader; everything is forgotten then) or is no
  // medium of ours. Any other trouble lets go of the card, too, and so does an exception (std::bad_alloc).
  // In each transaction the reader is asked whether this is still the insertion that reader_says() told of;
  // another card is sent nothing, and is kNoCard.
  Expected<const Medium*, Trouble> recognise();
  Expected<std::uint8_t, Trouble> tries_left();  // asks the card each time
  // Read once an insertion; of a medium that tells it only after the PIN, once a login.
  Expected<const CardCertificate*, Trouble> certificate();
  Expected<const CardCertificate*, Trouble> authority();     // the same
  Expected<PinAnswer, Trouble> login(Bytes pin);             // one VERIFY at most
  Expected<PinAnswer, Trouble> login_on_reader();            // the same
  Expected<std::optional<Blob>, Trouble> sign(Bytes input);  // nothing: no PIN is verified

  // Whether the card's PIN can be typed on the reader; asks the reader once an insertion.
  Expected<bool, Trouble> reader_has_keys();

  bool logged_in() const noexcept { return verified_ == Verified::kYes; }
  // As far as it is known: the person's certificate and its keys are for who is logged in.
  bool certificate_after_pin() const noexcept { return medium_ != nullptr && medium_->certificate_after_pin; }
  // A transaction is open: the card cannot be another one without the next command failing.
  bool held() const noexcept { return applet_.has_value(); }

  // Ends the transaction; a card whose PIN is verified, or may be, is reset.
  void let_go() noexcept;
  // The same, and the connection goes.
  void disconnect() noexcept;

 private:
  template <class T, class Question>
  Expected<T, Trouble> ask(Question question);
  Expected<Unit, Trouble> begin();
  Expected<Unit, Trouble> begin_with_same_card();
  Expected<Applet, Trouble> select_or_reset();
  Expected<PinAnswer, Trouble> log_in(const std::function<Expected<PinAnswer, Trouble>(Applet&)>& verify);
  void note(Trouble trouble) noexcept;
  void forget() noexcept;
  Expected<const CardCertificate*, Trouble> read(std::unique_ptr<CardCertificate>& into,
                                                 Expected<Blob, Trouble> (Applet::*file)());

  Readers& readers_;
  std::string reader_;
  Holding holding_;
  bool present_ = false;
  std::uint32_t insertion_ = 0;

  // Of this insertion.
  const Medium* medium_ = nullptr;
  Findings findings_;
  std::unique_ptr<CardCertificate> certificate_;
  std::unique_ptr<CardCertificate> authority_;
  std::optional<bool> keys_;
  std::unique_ptr<Card> card_;
  std::optional<Applet> applet_;  // while a transaction is open
  enum class Verified { kNo, kPerhaps, kYes };
  Verified verified_ = Verified::kNo;  // kPerhaps: a PIN may have been sent, and the card did not say no
};

}  // namespace jpki::pkcs11
