// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/registration_desk.h"

#include "base/program/wiped_heap.h"
#include "base/sandbox/privileges.h"
#include "validator/card_access.h"
#include "validator/engine/wrong_pin_memory.h"
#include "validator/installation.h"
#include "validator/registration/perform.h"

namespace jpki {
namespace {

using engine::Refusal;
using registration::Finished;
using registration::PacketDialogue;
using registration::Task;
using registration::Work;

// Who registers cards asks the maps himself.
class NoAccounts final : public map::AccountMap {
 public:
  Expected<std::string, map::MapError> account_of(const path::VerifiedCertificate&) const override {
    return Unexpected{map::MapError{Verdict::kNotMapped, "not asked"}};
  }
  Expected<std::string, map::MapError> account_of_strings(const std::vector<std::string>&,
                                                          x509::Kind) const override {
    return Unexpected{map::MapError{Verdict::kNotMapped, "not asked"}};
  }
};

// Who is asked for a PIN decodes nothing of the network.
class NotAsked final : public revocation::RevocationCheck {
 public:
  Expected<Unit, revocation::RevocationError> begin(const path::VerifiedCertificate&, Time) override {
    return Unexpected{revocation::RevocationError{Verdict::kRevocationUnknown, "not asked"}};
  }
  Expected<revocation::Evidence, revocation::RevocationError> conclude(Time) override {
    return Unexpected{revocation::RevocationError{Verdict::kRevocationUnknown, "not asked"}};
  }
  std::vector<revocation::SourceTrace> trace() const override { return {}; }
};

Finished serve(const Task& task, PacketDialogue& dialogue) {
  if (auto dropped = sandbox::drop_privileges(JPKI_HELPER_USER); !dropped)
    return {Verdict::kPrivilegesNotDropped, dropped.error(), std::nullopt};
  // Who started us may have died before we asked to die with it.
  if (!dialogue.pause(std::chrono::milliseconds(0))) return {Verdict::kCancelled, "nobody waits", {}};
  const auto installation = load_without_accounts(task.config_file);
  if (!installation) return {installation.error().verdict, installation.error().cause, std::nullopt};
  for (const std::string& text : installation->problems) dialogue.log(LogLevel::kWarning, text);

  const SystemClock clock;
  const NoAccounts accounts;
  NotAsked not_asked;
  const engine::CardNotes notes(kCardNotes, installation->pseudonym_key);
  engine::WrongPinMemory wrong_pins(notes);
  std::optional<Revocation> revocation;
  if (task.work == Work::kRead)
    revocation.emplace(*installation, task.config_file, clock.now(),
                       [&](const std::string& text) { dialogue.log(LogLevel::kWarning, text); });
  Start nobody_waits;
  const auto cards = open_cards_confined(nobody_waits, *installation, card::Reach{}, dialogue);
  if (!cards) return {cards.error().verdict, cards.error().cause, std::nullopt};
  wipe_what_is_freed();
  return registration::perform(
      task,
      {.cards = **cards,
       .anchors = installation->anchors,
       .intermediates = installation->intermediates,
       .revocation = revocation ? static_cast<revocation::RevocationCheck&>(revocation->check()) : not_asked,
       .accounts = accounts,
       .login_kinds = installation->config.login_kinds,
       .kind_rules = installation->config.kind_rules,
       .wrong_pins = wrong_pins,
       .notes = notes,
       .expiry_notice = installation->config.expiry_notice,
       .pseudonym_key = installation->pseudonym_key,
       .clock = clock,
       .dialogue = dialogue},
      dialogue);
}

}  // namespace

int serve_registration(UniqueFd socket) {
  PacketDialogue dialogue(std::move(socket));
  const auto task = dialogue.receive_task();
  if (!task) return 1;
  dialogue.send(serve(*task, dialogue));
  return 0;
}

}  // namespace jpki
