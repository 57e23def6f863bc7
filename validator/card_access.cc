// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card_access.h"

#include "base/deadline.h"
#include "base/printable.h"
#include "base/sandbox/inheritance.h"
#include "base/sandbox/locked_memory.h"
#include "validator/card/card_service.h"
#include "validator/card/seat_server.h"
#include "validator/card/session_socket.h"

#include <optional>
#include <utility>

namespace jpki {
namespace {

using engine::Refusal;
using Cards = std::unique_ptr<card::Pkcs11Source>;

constexpr std::chrono::milliseconds kInterval{500};  // a connection to the thin client, and modules there
constexpr std::chrono::milliseconds kSocketPatience{3000};  // with the hello of a session's card service

// A token that cannot be used is no more than a warning: somebody else's may lie there.
void tell(const card::CardError& error, engine::Dialogue& dialogue) {
  const bool token = error.verdict != Verdict::kModuleUnusable && error.verdict != Verdict::kSeatUnreachable;
  dialogue.log(token ? LogLevel::kWarning : LogLevel::kError,
               (token ? "a token is left out: " : "a module is left out: ") + code_of(error.verdict) +
                   " cause=" + in_quotes(error.cause));
}

Expected<Cards, Refusal> open_modules(const std::vector<std::string>& names, const config::Config& config,
                                      const card::Reach& reach, engine::Dialogue& dialogue,
                                      std::optional<card::CardService> service) {
  auto cards = card::Pkcs11Source::open({.modules = names,
                                         .rules = config.tokens,
                                         .reach = reach,
                                         .report = [&dialogue](const auto& error) { tell(error, dialogue); },
                                         .service = std::move(service)});
  if (!cards) return Unexpected{Refusal{cards.error().verdict, cards.error().cause}};
  return std::move(*cards);
}

Unexpected<Refusal> refused(const card::CardError& error) {
  return Unexpected{Refusal{error.verdict, error.cause}};
}

// A pcscd that hangs is not to be taken for a silent card: modules ask it for their readers at once.
Expected<Cards, Refusal> open_here(const config::Config& config, const card::Reach& reach,
                                   engine::Dialogue& dialogue) {
  dialogue.step(Step::kAskingCardService);
  auto service = card::CardService::connect();  // who has no pcscd may have a module that needs none
  dialogue.step(Step::kOpeningModules);
  return open_modules(config.pkcs11_modules, config, reach, dialogue,
                      service ? std::optional(std::move(*service)) : std::nullopt);
}

// The server shows the cards that lay there when the connection began: whoever waits for one connects again.
Expected<Cards, Refusal> open_there(Start& start, const config::Config& config, const card::Reach& reach,
                                    engine::Dialogue& dialogue) {
  const Deadline deadline = Deadline::after(std::chrono::milliseconds(start.wait_for_card_ms));
  dialogue.step(Step::kReachingSeat);
  if (sandbox::in_secure_execution())
    return refused({Verdict::kSeatUnreachable,
                    reach.server + ": in secure-execution mode p11-kit would look for another server"});
  for (bool told = false;;) {
    if (const auto used = card::use_server(reach.server); !used) return refused(used.error());
    auto cards = open_modules({card::kServerModule}, config, reach, dialogue, std::nullopt);
    start.wait_for_card_ms = static_cast<std::uint32_t>(deadline.poll_timeout());
    if (!cards || start.wait_for_card_ms == 0 || (*cards)->shows_reader()) return cards;
    (*cards)->close();
    if (!std::exchange(told, true)) dialogue.step(Step::kWaitingForCard);
    if (!dialogue.pause(kInterval))
      return Unexpected{Refusal{Verdict::kCancelled, "the caller hung up while waiting for a card"}};
  }
}

// `pinned` is what libpcsclite connects to, from here on.
Expected<Cards, Refusal> open_in_session(const config::Config& config, const card::Reach& reach,
                                         engine::Dialogue& dialogue, UniqueFd& pinned) {
  dialogue.step(Step::kReachingSeat);
  const auto modules = card::modules_of_card_service(config.pkcs11_modules);
  if (modules.empty())
    return refused({Verdict::kModuleUnusable,
                    "[pkcs11] modules names neither opensc-pkcs11.so nor jpki-pkcs11.so, which alone ask the "
                    "card service of a session"});
  if (sandbox::in_secure_execution())
    return refused({Verdict::kSeatUnreachable,
                    reach.socket->path +
                        ": in secure-execution mode libpcsclite would take the readers of this machine"});
  auto socket = card::pin_session_socket(*reach.socket, kSocketPatience);
  if (!socket) return refused(socket.error());
  pinned = std::move(*socket);
  if (const auto used = card::use_session_socket(pinned); !used) return refused(used.error());
  auto service = card::CardService::connect();
  if (!service)
    return refused({Verdict::kSeatUnreachable,
                    reach.socket->path + ": libpcsclite has no use for it: " + service.error().cause});
  return open_modules(modules, config, reach, dialogue, std::move(*service));
}

Expected<Cards, Refusal> open_cards(Start& start, const config::Config& config, const card::Reach& reach,
                                    engine::Dialogue& dialogue, UniqueFd& pinned) {
  if (reach.socket) return open_in_session(config, reach, dialogue, pinned);
  if (!reach.seat.empty()) dialogue.log(LogLevel::kDebug, "the readers of [[seat]] " + reach.seat);
  return reach.is_here() ? open_here(config, reach, dialogue) : open_there(start, config, reach, dialogue);
}

}  // namespace

Expected<Cards, Refusal> open_cards_confined(Start& start, const Installation& installation,
                                             const card::Reach& reach, engine::Dialogue& dialogue) {
  UniqueFd pinned;
  auto cards = open_cards(start, installation.config, reach, dialogue, pinned);
  if (!cards) return cards;
  if (auto locked = sandbox::lock_memory(); !locked)
    dialogue.log(LogLevel::kNotice,
                 "the memory that holds the PIN may be written to swap: " + locked.error());

  card::load_service_library();

  // Before the first byte of a card.
  sandbox::Confinement confinement = confinement_of(installation.config, reach.is_here());
  if (pinned.valid()) {
    confinement.unix_sockets = true;
    confinement.pinned = {pinned.release(), reach.socket->path};  // as long as the process
  }
  const auto confined = sandbox::confine(confinement);
  if (!confined) return Unexpected{Refusal{Verdict::kPrivilegesNotDropped, confined.error()}};
  if (const std::string& why = confined->other_services_reachable; !why.empty())
    dialogue.log(LogLevel::kDebug, "sockets of other services are not hidden from the validator: " + why);
  return cards;
}

}  // namespace jpki
