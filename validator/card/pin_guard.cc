// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/pin_guard.h"

#include <algorithm>

namespace jpki::card {
namespace {

constexpr std::uint8_t kJpkiTries = 3;
constexpr PinForm kJpkiPinForm{.min_length = 4, .max_length = 4, .digits_only = true};

// The number that the flags name; no flag names none.
std::optional<std::uint8_t> named_tries(const PinFlags& flags, bool jpki) {
  if (flags.locked) return std::uint8_t{0};
  if (flags.final_try) return std::uint8_t{1};
  if (jpki && flags.count_low) return std::uint8_t{2};
  return std::nullopt;
}

// After a VERIFY was refused, the module may have lost the counter (then it sets no flag) or show it as it
// was before. `before`: what was left for that VERIFY. `named`: what the flags name now.
std::optional<std::uint8_t> tries_after(Verdict refusal, std::optional<std::uint8_t> before,
                                        std::optional<std::uint8_t> named) {
  if (refusal == Verdict::kPinLocked) return std::uint8_t{0};
  if (refusal != Verdict::kPinIncorrect || !before) return named;
  const auto at_most = static_cast<std::uint8_t>(*before - 1);  // 0 is never verified
  return std::min(named.value_or(at_most), at_most);
}

}  // namespace

PinStatus pin_status_from(const PinFlags& flags, x509::Kind kind) {
  const bool jpki = kind == x509::Kind::kJpkiAuthentication;
  PinStatus status;
  status.tries_left = named_tries(flags, jpki);
  if (jpki) {
    if (!status.tries_left) status.tries_left = kJpkiTries;
    status.form = kJpkiPinForm;
    status.max_tries = kJpkiTries;
  } else {
    const auto longest = static_cast<std::uint16_t>(Secret::kCapacity);
    status.form = {.min_length = std::max<std::uint16_t>(flags.min_length, 1),
                   .max_length = flags.max_length == 0 ? longest : std::min(flags.max_length, longest),
                   .digits_only = false};
  }
  return status;
}

Expected<PinStatus, CardError> PinGuard::status() {
  const auto flags = token_.pin_flags();
  if (!flags) return Unexpected{flags.error()};
  const PinStatus status = pin_status_from(*flags, kind_);
  tries_left_ = status.tries_left;
  if (tries_left_ == 0) return Unexpected{CardError{Verdict::kPinLocked, "CKF_USER_PIN_LOCKED"}};
  return status;
}

Expected<Unit, CardError> PinGuard::verify(PinReply reply) {
  if (spent_) return Unexpected{CardError{Verdict::kInternal, "a second VERIFY for one prompt"}};
  const auto now = status();
  if (!now) return Unexpected{now.error()};
  if (!now->form.accepts(reply.pin.bytes()))
    return Unexpected{CardError{Verdict::kPinMalformed, "form of the PIN, not sent to the card"}};
  if (tries_left_ == 1 && !reply.last_try_confirmed)
    return Unexpected{
        CardError{Verdict::kLastTryNotConfirmed, "last try without a yes, not sent to the card"}};
  if (auto risk = unseen_risk(*now, reply.pin)) return Unexpected{std::move(*risk)};
  spent_ = true;
  auto accepted = token_.login(reply.pin);
  learn(accepted ? Verdict::kAccepted : accepted.error().verdict, reply.pin);
  reply.pin.wipe();
  if (!accepted) return Unexpected{explain_refusal(std::move(accepted).error())};
  return Unit{};
}

// Where nobody sees the counter, a PIN is noted as wrong before it is tried: who is killed in between has
// noted it. A full counter says that nothing noted before counts any more.
std::optional<CardError> PinGuard::unseen_risk(const PinStatus& now, const Secret& pin) {
  const bool full = now.tries_left && *now.tries_left == now.max_tries;
  const auto forgotten = full ? history_.wrong.forget(history_.key) : Unit{};
  if (history_.tries_shown) return std::nullopt;
  if (!forgotten) return CardError{Verdict::kInternal, forgotten.error()};
  if (now.tries_left == 1)
    return CardError{Verdict::kLastTryNotConfirmed,
                     "last try on a screen that shows none, not sent to the card"};
  const auto wrong = history_.wrong.holds(history_.key, pin);
  if (!wrong) return CardError{Verdict::kInternal, wrong.error()};
  if (*wrong) return CardError{Verdict::kPinWrongBefore, "not sent to the card again"};
  if (auto noted = history_.wrong.remember(history_.key, pin); !noted)
    return CardError{Verdict::kInternal, noted.error()};
  return std::nullopt;
}

// What fails here is told when it matters.
void PinGuard::learn(Verdict verdict, const Secret& pin) {
  if (verdict == Verdict::kAccepted) (void)history_.wrong.forget(history_.key);
  if (verdict == Verdict::kPinIncorrect || verdict == Verdict::kPinLocked)
    (void)history_.wrong.remember(history_.key, pin);
}

CardError PinGuard::explain_refusal(CardError refusal) {
  const auto flags = token_.pin_flags();
  if (refusal.verdict != Verdict::kPinLocked && refusal.verdict != Verdict::kPinIncorrect && !flags &&
      flags.error().verdict == Verdict::kCardRemoved)
    refusal = flags.error();
  const auto named = flags ? named_tries(*flags, kind_ == x509::Kind::kJpkiAuthentication) : std::nullopt;
  tries_left_ = tries_after(refusal.verdict, tries_left_, named);
  if (tries_left_ == 0) refusal.verdict = Verdict::kPinLocked;
  return refusal;
}

}  // namespace jpki::card
