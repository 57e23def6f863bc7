// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Dialogue over the socket to jpkictl (messages.h).
#pragma once

#include "base/deadline.h"
#include "base/unique_fd.h"
#include "validator/engine/dialogue.h"
#include "validator/registration/messages.h"

namespace jpki::registration {

class PacketDialogue final : public engine::Dialogue {
 public:
  explicit PacketDialogue(UniqueFd socket) noexcept : socket_(std::move(socket)) {}

  // The first message; nothing when it is no task, or none came in time.
  std::optional<Task> receive_task();
  void send(const Message& message);

  void step(Step step) override;
  // Warnings and errors become notes.
  void log(LogLevel level, const std::string& text) override;
  Expected<PinReply, Verdict> ask_pin(const AskPin& question) override;
  // Nobody is asked: the administrator names the reader.
  Expected<std::uint8_t, Verdict> ask_card(const AskCard& question) override;
  void ticket(Bytes) override {}  // nobody logs in here
  bool pause(std::chrono::milliseconds span) override;

 private:
  std::optional<Message> receive(Deadline deadline);

  UniqueFd socket_;
  bool connected_ = true;
};

}  // namespace jpki::registration
