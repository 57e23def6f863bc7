// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Dialogue over the socket to pam_jpki.so (base/protocol.h).
#pragma once

#include "base/channel.h"
#include "validator/engine/dialogue.h"

namespace jpki::engine {

class ChannelDialogue final : public Dialogue {
 public:
  // The channel must outlive the dialogue. Debug lines are sent only when `debug`.
  ChannelDialogue(Channel& channel, bool debug) noexcept : channel_(channel), debug_(debug) {}

  void step(Step step) override;
  // A line of more than 4 KiB is cut.
  void log(LogLevel level, const std::string& text) override;
  Expected<PinReply, Verdict> ask_pin(const AskPin& question) override;
  void end_question_by(int fd) override { end_by_ = fd; }
  Expected<std::uint8_t, Verdict> ask_card(const AskCard& question) override;
  // In parts that fit into frames.
  void ticket(Bytes octets) override;
  bool pause(std::chrono::milliseconds span) override;

 private:
  void send(const Message& message);
  bool answered_first() const;
  template <class Reply>
  Expected<Reply, Verdict> ask(const Message& question);

  Channel& channel_;
  bool debug_;
  bool connected_ = true;
  int end_by_ = -1;
};

}  // namespace jpki::engine
