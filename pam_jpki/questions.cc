// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/questions.h"

#include <ctime>

namespace jpki::pam {
namespace {

// Goes on while the machine sleeps, and when its clock is set.
std::chrono::nanoseconds now_even_asleep() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

void Questions::begin() {
  if (!first_) first_ = now_even_asleep();
}

bool Questions::can_choose() const {
  return call_.conversation.screen().choices() && policy_ != FirstPass::kOnly;
}

Expected<std::uint8_t, NoCard> Questions::card(const AskCard& ask) {
  begin();
  if (!can_choose()) return Unexpected{NoCard{Verdict::kSeveralCards}};
  if (before_.card && before_.card->ask == ask) {
    chosen_ = before_.card;
    return chosen_->card;
  }
  const auto place = enter_card(ask, call_.conversation, call_.messages);
  if (place) chosen_ = ChosenCard{ask, *place};
  return place;
}

Expected<EnteredPin, NoPin> Questions::pin(const AskPin& ask) {
  begin();
  if (before_.late && !ask.smartphone && before_.late->ask == ask && before_.card == chosen_)
    return EnteredPin{std::move(before_.late->reply), false};
  before_.late.reset();
  const void* first_pass = nullptr;
  if (policy_ != FirstPass::kNever) ::pam_get_item(call_.handle, PAM_AUTHTOK, &first_pass);
  return enter_pin(ask, policy_, static_cast<const char*>(first_pass), call_.conversation, call_.messages);
}

bool Questions::too_old() const {
  return first_ && now_even_asleep() - *first_ > call_.installation.prompt_life;
}

}  // namespace jpki::pam
