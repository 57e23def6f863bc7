// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/channel_dialogue.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include <poll.h>

namespace jpki::engine {
namespace {

// The PAM module reads all the time; a message that it does not take for so long has no reader any more.
constexpr std::chrono::seconds kSendPatience{5};

// What does not fit into a frame would end the connection. Whole UTF-8 characters.
constexpr std::size_t kMaxLogLine = 4096;

std::string cut(const std::string& text) {
  if (text.size() <= kMaxLogLine) return text;
  constexpr std::string_view kMark = " [cut]";
  std::size_t end = kMaxLogLine - kMark.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end).append(kMark);
}

}  // namespace

void ChannelDialogue::send(const Message& message) {
  if (connected_) connected_ = channel_.send(message, Deadline::after(kSendPatience)).has_value();
}

void ChannelDialogue::step(Step step) {
  send(StepReport{step});
}

void ChannelDialogue::log(LogLevel level, const std::string& text) {
  if (level != LogLevel::kDebug || debug_) send(LogLine{level, cut(text)});
}

// Who answers while the card leaves has answered too late.
bool ChannelDialogue::answered_first() const {
  pollfd both[] = {{channel_.fd(), POLLIN, 0}, {end_by_, POLLIN, 0}};  // poll(2) takes no notice of -1
  while (::poll(both, std::size(both), -1) < 0 && errno == EINTR) continue;
  return both[1].revents == 0;
}

template <class Reply>
Expected<Reply, Verdict> ChannelDialogue::ask(const Message& question) {
  send(question);
  if (!connected_) return Unexpected{Verdict::kCancelled};
  if (!answered_first()) return Unexpected{Verdict::kCardRemoved};
  auto answer = channel_.receive(Deadline::never());
  if (!answer) return Unexpected{Verdict::kCancelled};
  if (auto* reply = std::get_if<Reply>(&*answer)) return std::move(*reply);
  const auto* const cancel = std::get_if<Cancel>(&*answer);
  return Unexpected{cancel != nullptr && cancel->why != Verdict::kAccepted ? cancel->why
                                                                           : Verdict::kCancelled};
}

Expected<PinReply, Verdict> ChannelDialogue::ask_pin(const AskPin& question) {
  return ask<PinReply>(question);
}

Expected<std::uint8_t, Verdict> ChannelDialogue::ask_card(const AskCard& question) {
  const auto reply = ask<CardReply>(question);
  if (!reply) return Unexpected{reply.error()};
  return reply->card;
}

void ChannelDialogue::ticket(Bytes octets) {
  while (!octets.empty()) {
    const Bytes part = octets.first(std::min(octets.size(), kMaxTicketPart));
    send(TicketPart{to_blob(part)});
    octets = octets.subspan(part.size());
  }
}

bool ChannelDialogue::pause(std::chrono::milliseconds span) {
  // Nothing may come now, so anything readable is the end of the connection.
  pollfd poll_fd{channel_.fd(), POLLIN, 0};
  if (::poll(&poll_fd, 1, static_cast<int>(span.count())) > 0) connected_ = false;
  return connected_;
}

}  // namespace jpki::engine
