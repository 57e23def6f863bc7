// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/pin_guard.h"

#include <algorithm>

namespace jpki::card {
namespace {

constexpr std::uint8_t kJpkiTries = 3;
constexpr PinForm kJpkiPinForm{.min_length = 4, .max_length = 4, .digits_only = true};

std::optional<std::uint8_t> certain_tries_left(const PinFlags& flags, bool jpki) {
  if (flags.locked) return std::uint8_t{0};
  if (flags.final_try) return std::uint8_t{1};
  if (!jpki) return std::nullopt;
  return flags.count_low ? std::uint8_t{2} : kJpkiTries;
}

}  // namespace

PinStatus pin_status_from(const PinFlags& flags, x509::Kind kind) {
  const bool jpki = kind == x509::Kind::kJpkiAuthentication;
  PinStatus status;
  status.tries_left = certain_tries_left(flags, jpki);
  if (jpki) {
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

Expected<Unit, CardError> PinGuard::verify(const PinReply& reply) {
  if (spent_) return Unexpected{CardError{Verdict::kInternal, "a second VERIFY for one prompt"}};
  const auto now = status();
  if (!now) return Unexpected{now.error()};
  if (!now->form.accepts(reply.pin.bytes()))
    return Unexpected{CardError{Verdict::kPinMalformed, "form of the PIN, not sent to the card"}};
  if (tries_left_ == 1 && !reply.last_try_confirmed)
    return Unexpected{
        CardError{Verdict::kLastTryNotConfirmed, "last try without a yes, not sent to the card"}};
  spent_ = true;
  auto accepted = token_.login(reply.pin);
  if (!accepted) return Unexpected{explain_refusal(std::move(accepted).error())};
  return Unit{};
}

CardError PinGuard::explain_refusal(CardError refusal) {
  const bool spent_last_try = tries_left_ == 1 && refusal.verdict == Verdict::kPinIncorrect;
  const auto flags = token_.pin_flags();
  if (flags) {
    tries_left_ = pin_status_from(*flags, kind_).tries_left;
  } else {
    // A card whose PIN has just been locked may vanish for OpenSC: the empty VERIFY then answers 6983 or
    // 6984.
    tries_left_ = spent_last_try ? std::optional<std::uint8_t>(0) : std::nullopt;
    if (!spent_last_try && flags.error().verdict == Verdict::kCardRemoved) return flags.error();
  }
  if (tries_left_ == 0) refusal.verdict = Verdict::kPinLocked;
  return refusal;
}

}  // namespace jpki::card
