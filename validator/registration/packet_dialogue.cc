// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/registration/packet_dialogue.h"

#include "base/helper_process.h"

#include <cstring>

#include <poll.h>

namespace jpki::registration {
namespace {

constexpr std::chrono::seconds kTaskPatience{10};
constexpr std::size_t kMaxNote = 4096;

}  // namespace

std::optional<Message> PacketDialogue::receive(Deadline deadline) {
  Blob packet(kMaxPacket);
  const auto size = receive_packet(socket_, packet, deadline);
  auto message = size && *size > 0 ? decode(Bytes(packet).first(*size)) : std::nullopt;
  ::explicit_bzero(packet.data(), packet.size());
  if (!message) connected_ = false;
  return message;
}

std::optional<Task> PacketDialogue::receive_task() {
  auto message = receive(Deadline::after(kTaskPatience));
  auto* const task = message ? std::get_if<Task>(&*message) : nullptr;
  if (task == nullptr) return std::nullopt;
  return std::move(*task);
}

void PacketDialogue::send(const Message& message) {
  const Blob packet = encode(message);
  if (!connected_ || packet.empty()) return;
  const ssize_t sent = ::send(socket_.get(), packet.data(), packet.size(), MSG_NOSIGNAL);
  connected_ = sent == static_cast<ssize_t>(packet.size());
}

void PacketDialogue::step(Step step) {
  if (step == Step::kWaitingForCard) send(WaitingForCard{});
}

void PacketDialogue::log(LogLevel level, const std::string& text) {
  if (level <= LogLevel::kWarning) send(Note{text.substr(0, kMaxNote)});
}

Expected<PinReply, Verdict> PacketDialogue::ask_pin(const AskPin& question) {
  send(PinQuestion{question.form, question.tries_left, question.max_tries, question.may_be_last,
                   question.on_reader});
  if (!connected_) return Unexpected{Verdict::kCancelled};
  auto message = receive(Deadline::never());
  auto* const answer = message ? std::get_if<PinAnswer>(&*message) : nullptr;
  if (answer == nullptr || !answer->pin) return Unexpected{Verdict::kCancelled};
  return PinReply{std::move(*answer->pin), answer->last_try_confirmed};
}

Expected<std::uint8_t, Verdict> PacketDialogue::ask_card(const AskCard&) {
  return Unexpected{Verdict::kSeveralCards};
}

bool PacketDialogue::pause(std::chrono::milliseconds span) {
  // Nothing may come now, so anything readable is the end of the connection.
  pollfd poll_fd{socket_.get(), POLLIN, 0};
  if (::poll(&poll_fd, 1, static_cast<int>(span.count())) > 0) connected_ = false;
  return connected_;
}

}  // namespace jpki::registration
