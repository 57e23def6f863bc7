// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/token.h"

#include <algorithm>
#include <utility>

namespace jpki::pkcs11 {

bool Token::reader_says(const ReaderState& state) noexcept {
  const bool changed = present_ != state.holds_card || insertion_ != state.insertion;
  if (!changed) return false;
  const bool had_card = present_;
  forget();
  present_ = state.holds_card;
  insertion_ = state.insertion;
  return had_card;
}

void Token::reader_is_gone() noexcept {
  forget();
  present_ = false;
}

void Token::forget() noexcept {
  disconnect();
  medium_ = nullptr;
  findings_ = {};
  certificate_.reset();
  authority_.reset();
  keys_.reset();
}

void Token::let_go() noexcept {
  const bool used = std::exchange(verified_, Verified::kNo) != Verified::kNo;
  if (certificate_after_pin()) certificate_.reset();
  applet_.reset();
  if (card_) card_->end(used ? Leave::kReset : Leave::kAsItIs);
}

void Token::disconnect() noexcept {
  let_go();
  card_.reset();
}

void Token::note(Trouble trouble) noexcept {
  switch (trouble) {
    case Trouble::kNoService:
    case Trouble::kNoReader:
    case Trouble::kNoCard:
      reader_is_gone();
      return;
    case Trouble::kPinNeeded:
      if (holding_ == Holding::kWhileVerified) let_go();
      return;
    case Trouble::kBusy:
    case Trouble::kNotRecognised:
    case Trouble::kCardError:
      disconnect();
      return;
  }
}

// A card that lost its power for a moment, in the field of a contactless reader that did not notice, answers
// nothing until it is reset. Nothing was asked of it yet, so nothing is lost.
Expected<Applet, Trouble> Token::select_or_reset() {
  auto applet = Applet::select(*card_, findings_);
  if (applet || applet.error() != Trouble::kCardError) return applet;
  card_->end(Leave::kReset);
  if (auto begun = begin_with_same_card(); !begun) return Unexpected{begun.error()};
  return Applet::select(*card_, findings_);
}

// A connection reaches whatever is in the reader when it is made, and when it is made again because the card
// was reset. In a transaction it does not reach another card any more, so it is asked there.
Expected<Unit, Trouble> Token::begin_with_same_card() {
  if (auto begun = card_->begin(); !begun) return begun;
  const auto states = readers_.list();
  if (!states) return Unexpected{states.error()};
  const auto state = std::ranges::find(*states, reader_, &ReaderState::name);
  if (state == states->end()) return Unexpected{Trouble::kNoReader};
  if (!state->holds_card || state->insertion != insertion_) return Unexpected{Trouble::kNoCard};
  return Unit{};
}

Expected<Unit, Trouble> Token::begin() {
  if (applet_) return Unit{};
  const bool fresh = !card_;
  if (fresh) {
    auto connected = readers_.connect(reader_);
    if (!connected) return Unexpected{connected.error()};
    card_ = std::move(*connected);
  }
  if (auto begun = begin_with_same_card(); !begun) return begun;
  const auto applet = fresh ? select_or_reset() : Applet::select(*card_, findings_);
  if (!applet) return Unexpected{applet.error()};
  applet_ = *applet;
  medium_ = &applet_->medium();
  return Unit{};
}

template <class T, class Question>
Expected<T, Trouble> Token::ask(Question question) {
  if (!present_) return Unexpected{Trouble::kNoCard};
  try {
    if (auto begun = begin(); !begun) {
      note(begun.error());
      return Unexpected{begun.error()};
    }
    Expected<T, Trouble> answer = question(*applet_);
    medium_ = &applet_->medium();  // which may have said meanwhile what it is
    if (!answer) {
      note(answer.error());
    } else if (!logged_in() && holding_ == Holding::kWhileVerified) {
      let_go();
    }
    return answer;
  } catch (...) {
    disconnect();
    throw;
  }
}

Expected<const Medium*, Trouble> Token::recognise() {
  if (!present_) return Unexpected{Trouble::kNoCard};
  if (medium_ != nullptr) return medium_;
  return ask<const Medium*>(
      [](const Applet& applet) { return Expected<const Medium*, Trouble>(&applet.medium()); });
}

Expected<std::uint8_t, Trouble> Token::tries_left() {
  return ask<std::uint8_t>([](Applet& applet) { return applet.tries_left(); });
}

Expected<const CardCertificate*, Trouble> Token::read(std::unique_ptr<CardCertificate>& into,
                                                      Expected<Blob, Trouble> (Applet::*file)()) {
  if (!present_) return Unexpected{Trouble::kNoCard};
  if (into) return into.get();
  auto der = ask<Blob>([file](Applet& applet) { return (applet.*file)(); });
  if (!der) return Unexpected{der.error()};
  into = std::make_unique<CardCertificate>();
  into->der = std::move(*der);
  into->fields = CertificateFields::of(into->der);
  return into.get();
}

Expected<const CardCertificate*, Trouble> Token::certificate() {
  static const CardCertificate kAfterPin;
  if (present_ && certificate_after_pin() && !logged_in()) return &kAfterPin;
  auto certificate = read(certificate_, &Applet::certificate);
  if (!certificate && certificate.error() == Trouble::kPinNeeded) return &kAfterPin;
  return certificate;
}

Expected<const CardCertificate*, Trouble> Token::authority() {
  return read(authority_, &Applet::authority);
}

Expected<PinAnswer, Trouble> Token::log_in(
    const std::function<Expected<PinAnswer, Trouble>(Applet&)>& verify) {
  return ask<PinAnswer>([&](Applet& applet) {
    verified_ = Verified::kPerhaps;
    auto answer = verify(applet);
    if (answer) verified_ = *answer == PinAnswer::kRight ? Verified::kYes : Verified::kNo;
    return answer;
  });
}

Expected<PinAnswer, Trouble> Token::login(Bytes pin) {
  return log_in([pin](Applet& applet) { return applet.verify(pin); });
}

Expected<PinAnswer, Trouble> Token::login_on_reader() {
  return log_in([](Applet& applet) { return applet.verify_on_reader(); });
}

Expected<bool, Trouble> Token::reader_has_keys() {
  if (!keys_) {
    const auto told = ask<bool>(
        [](const Applet& applet) { return Expected<bool, Trouble>(applet.can_verify_on_reader()); });
    if (!told) return told;
    keys_ = *told;
  }
  return *keys_;
}

Expected<std::optional<Blob>, Trouble> Token::sign(Bytes input) {
  if (!logged_in()) return std::optional<Blob>();
  return ask<std::optional<Blob>>([&](Applet& applet) { return applet.sign(input); });
}

}  // namespace jpki::pkcs11
