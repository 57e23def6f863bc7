// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/account/live_process.h"

#include <array>
#include <cstring>

#include <fmt/format.h>

namespace jpki::ad::account {
namespace {

Live unanswered(std::string why) {
  return {Live::Kind::kUnanswered, {}, std::move(why)};
}

}  // namespace

LiveProcess::LiveProcess(const std::string& program) {
  auto helper = HelperProcess::start(program, {.arguments = {}, .socket_type = SOCK_SEQPACKET});
  if (!helper) {
    problem_ = program + ": " + std::strerror(helper.error()) + "; reinstall the package";
    return;
  }
  helper_.emplace(std::move(*helper));
  socket_ = helper_->take_socket();
}

Live LiveProcess::exchange(const Sid& sid, Deadline deadline) {
  const auto question = encode_question(sid);
  if (!question || ::send(socket_.get(), question->data(), question->size(), MSG_NOSIGNAL) < 0)
    return unanswered("jpki-account-live does not listen");
  std::array<std::uint8_t, kMaxLivePacket> packet{};
  const auto size = receive_packet(socket_, packet, deadline);
  if (!size) return unanswered("no answer in time (live_timeout_ms of ad.toml)");
  auto live = decode_answer(Bytes(packet).first(*size));
  return live ? std::move(*live) : unanswered("jpki-account-live died or broke the protocol");
}

Live LiveProcess::ask(const Sid& sid, std::chrono::milliseconds patience) {
  if (!helper_) return unanswered(problem_);
  Live live = exchange(sid, Deadline::after(patience));
  socket_.reset();
  helper_.reset();
  return live;
}

}  // namespace jpki::ad::account
