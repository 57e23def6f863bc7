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
  Expected<bool, revocation::RevocationError> look(const path::VerifiedCertificate&, Time) override {
    return Unexpected{revocation::RevocationError{Verdict::kRevocationUnknown, "not asked"}};
  }
  Expected<Unit, revocation::RevocationError> begin(Time) override {
    return Unexpected{revocation::RevocationError{Verdict::kRevocationUnknown, "not asked"}};
  }
  Expected<revocation::Evidence, revocation::RevocationError> conclude(Time) override {
    return Unexpected{revocation::RevocationError{Verdict::kRevocationUnknown, "not asked"}};
  }
  std::vector<revocation::SourceTrace> trace() const override { return {}; }
};

// Of a certificate that came without its card.
class NoCards final : public card::TokenSource {
 public:
  Expected<std::vector<card::Token*>, card::CardError> tokens() override {
    return Unexpected{card::CardError{Verdict::kNoCard, "no card is asked for"}};
  }
  bool await_change(std::chrono::milliseconds) override { return false; }
  bool card_left() override { return false; }
  void close() noexcept override {}
};

// Before the first byte of what is looked at.
Expected<std::unique_ptr<card::TokenSource>, Refusal> confined(const Task& task,
                                                               const Installation& installation,
                                                               PacketDialogue& dialogue) {
  using Source = std::unique_ptr<card::TokenSource>;
  if (task.work == Work::kCheck) {
    const auto done = sandbox::confine(confinement_of(installation.config, false));
    if (!done) return Unexpected{Refusal{Verdict::kPrivilegesNotDropped, done.error()}};
    return Source(std::make_unique<NoCards>());
  }
  Start nobody_waits;
  auto cards = open_cards_confined(nobody_waits, installation, card::Reach{}, dialogue);
  if (!cards) return Unexpected{cards.error()};
  return Source(std::move(*cards));
}

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
  if (task.work != Work::kProve)
    revocation.emplace(*installation, task.config_file, clock.now(),
                       [&](const std::string& text) { dialogue.log(LogLevel::kWarning, text); });
  const auto cards = confined(task, *installation, dialogue);
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
