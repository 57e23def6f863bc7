// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card_access.h"

#include "base/sandbox/locked_memory.h"
#include "validator/card/card_service.h"

namespace jpki {

using engine::Refusal;

Expected<std::unique_ptr<card::Pkcs11Source>, Refusal> open_cards_confined(const Installation& installation,
                                                                           engine::Dialogue& dialogue) {
  // A pcscd that hangs is not to be taken for a silent card: modules ask it for their readers at once.
  dialogue.step(Step::kAskingCardService);
  (void)card::CardService::connect();  // who has no pcscd may have a module that needs none
  dialogue.step(Step::kOpeningModules);
  const auto report = [&](const card::CardError& error) { dialogue.log(LogLevel::kError, error.cause); };
  auto cards = card::Pkcs11Source::open(installation.config.pkcs11_modules, report);
  if (!cards) return Unexpected{Refusal{cards.error().verdict, cards.error().cause}};

  if (auto locked = sandbox::lock_memory(); !locked)
    dialogue.log(LogLevel::kNotice,
                 "the memory that holds the PIN may be written to swap: " + locked.error());

  // Before the first byte of a card.
  const auto confined = sandbox::confine(confinement_of(installation.config));
  if (!confined) return Unexpected{Refusal{Verdict::kPrivilegesNotDropped, confined.error()}};
  if (const std::string& why = confined->other_services_reachable; !why.empty())
    dialogue.log(LogLevel::kDebug, "sockets of other services are not hidden from the validator: " + why);
  return std::move(*cards);
}

}  // namespace jpki
