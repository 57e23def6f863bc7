// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/pin_guard.h"

#include <algorithm>

namespace jpki::card {
namespace {

constexpr std::uint8_t kThree = 3;

// The number that the flags name; no flag names none.
std::optional<std::uint8_t> named_tries(const PinFlags& flags, TriesTold told) {
  if (told == TriesTold::kNotAtAll) return std::nullopt;
  if (flags.locked) return std::uint8_t{0};
  if (flags.final_try) return std::uint8_t{1};
  if (told == TriesTold::kExactly && flags.count_low) return std::uint8_t{2};
  return std::nullopt;
}

// Of more than three, no flag leaves several numbers.
bool no_flag_is_all(const PinRule& rule) {
  return rule.tries == TriesTold::kExactly && rule.max_tries == kThree;
}

// How many are lost before the next one may be the last. Where the PIN is typed on the reader nobody can tell
// one wrong PIN from another, so the first one counts.
std::size_t harmless_losses(const PinRule& rule) {
  if (rule.max_tries < kThree || rule.entry == PinEntry::kReader) return 0;
  return rule.max_tries - std::size_t{2};
}

PinForm form_of(const PinFlags& flags, const PinRule& rule) {
  const auto longest = static_cast<std::uint16_t>(Secret::kCapacity);
  const auto told = flags.max_length == 0 ? longest : std::min(flags.max_length, longest);
  const auto least = rule.min_length.value_or(std::max<std::uint16_t>(flags.min_length, 1));
  return {.min_length = least,
          .max_length = std::max(rule.max_length.value_or(told), least),
          .digits_only = rule.characters == PinCharacters::kDigits,
          .ascii_only = rule.characters == PinCharacters::kAscii};
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

PinStatus pin_status_from(const PinFlags& flags, const PinRule& rule, std::optional<std::size_t> lost) {
  PinStatus status;
  status.form = form_of(flags, rule);
  status.max_tries = rule.max_tries;
  status.tries_left = named_tries(flags, rule.tries);
  if (!status.tries_left && no_flag_is_all(rule)) status.tries_left = rule.max_tries;
  status.may_be_last = rule.tries == TriesTold::kNotAtAll && (!lost || *lost > harmless_losses(rule));
  status.on_reader = rule.entry == PinEntry::kReader;
  return status;
}

std::optional<CardError> why_no_pin(const PinFlags& flags, const PinRule& rule) {
  if (!flags.required) return CardError{Verdict::kTokenWithoutPin, "no CKF_LOGIN_REQUIRED"};
  if (rule.state_told && !flags.initialized)
    return CardError{Verdict::kPinNotSet, "no CKF_USER_PIN_INITIALIZED"};
  if (named_tries(flags, rule.tries) == 0) return CardError{Verdict::kPinLocked, "CKF_USER_PIN_LOCKED"};
  if (rule.state_told && flags.to_be_changed)
    return CardError{Verdict::kPinToBeChanged, "CKF_USER_PIN_TO_BE_CHANGED"};
  if (rule.entry == PinEntry::kReader && !flags.on_reader)
    return CardError{
        Verdict::kConfigInvalid,
        "[[token]] pin_entry = \"reader\", but the token has no CKF_PROTECTED_AUTHENTICATION_PATH"};
  return std::nullopt;
}

Expected<PinStatus, CardError> PinGuard::status() {
  const auto flags = token_.pin_flags();
  if (!flags) return Unexpected{flags.error()};
  std::optional<std::size_t> lost;
  if (rule_.tries == TriesTold::kNotAtAll) {
    if (const auto count = history_.wrong.count(history_.key)) lost = *count;
  }
  const PinStatus status = pin_status_from(*flags, rule_, lost);
  tries_left_ = status.tries_left;
  if (auto why = why_no_pin(*flags, rule_)) return Unexpected{std::move(*why)};
  return status;
}

Expected<Unit, CardError> PinGuard::verify(PinReply reply) {
  if (spent_) return Unexpected{CardError{Verdict::kInternal, "a second VERIFY for one prompt"}};
  const auto now = status();
  if (!now) return Unexpected{now.error()};
  if (!now->on_reader && !now->form.accepts(reply.pin.bytes()))
    return Unexpected{CardError{Verdict::kPinMalformed, "form of the PIN, not sent to the card"}};
  if ((tries_left_ == 1 || now->may_be_last) && !reply.last_try_confirmed)
    return Unexpected{
        CardError{Verdict::kLastTryNotConfirmed, "last try without a yes, not sent to the card"}};
  if (auto risk = unseen_risk(*now, reply.pin)) return Unexpected{std::move(*risk)};
  spent_ = true;
  auto accepted = now->on_reader ? token_.login_on_reader() : token_.login(reply.pin);
  learn(accepted ? Verdict::kAccepted : accepted.error().verdict, reply.pin);
  reply.pin.wipe();
  if (!accepted) return Unexpected{explain_refusal(std::move(accepted).error())};
  return Unit{};
}

// Where nobody sees the counter, or there is none to be seen, a PIN is noted as wrong before it is tried: who
// is killed in between has noted it. A full counter says that nothing noted before counts any more.
std::optional<CardError> PinGuard::unseen_risk(const PinStatus& now, const Secret& pin) {
  const bool full = now.tries_left && *now.tries_left == now.max_tries;
  const auto forgotten = full ? history_.wrong.forget(history_.key) : Unit{};
  if (history_.tries_shown && rule_.tries != TriesTold::kNotAtAll) return std::nullopt;
  if (!forgotten) return CardError{Verdict::kInternal, forgotten.error()};
  if (!history_.tries_shown && (now.tries_left == 1 || now.may_be_last))
    return CardError{Verdict::kLastTryNotConfirmed,
                     "last try on a screen that shows none, not sent to the card"};
  const auto wrong = history_.wrong.holds(history_.key, pin);
  if (!wrong) return CardError{Verdict::kInternal, wrong.error()};
  if (*wrong && !now.on_reader) return CardError{Verdict::kPinWrongBefore, "not sent to the card again"};
  const auto before = history_.wrong.count(history_.key);
  if (auto noted = history_.wrong.remember(history_.key, pin); !noted)
    return CardError{Verdict::kInternal, noted.error()};
  noted_first_ = before && *before == 0;
  return std::nullopt;
}

// What fails here is told when it matters.
void PinGuard::learn(Verdict verdict, const Secret& pin) {
  const bool nothing_typed = verdict == Verdict::kCancelled && noted_first_;
  if (verdict == Verdict::kAccepted || nothing_typed) (void)history_.wrong.forget(history_.key);
  if (verdict == Verdict::kPinIncorrect || verdict == Verdict::kPinLocked)
    (void)history_.wrong.remember(history_.key, pin);
}

CardError PinGuard::explain_refusal(CardError refusal) {
  const auto flags = token_.pin_flags();
  if (refusal.verdict != Verdict::kPinLocked && refusal.verdict != Verdict::kPinIncorrect && !flags &&
      flags.error().verdict == Verdict::kCardRemoved)
    refusal = flags.error();
  const auto named = flags ? named_tries(*flags, rule_.tries) : std::nullopt;
  tries_left_ = tries_after(refusal.verdict, tries_left_, named);
  if (tries_left_ == 0) refusal.verdict = Verdict::kPinLocked;
  return refusal;
}

}  // namespace jpki::card
