// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/fetch_server.h"

namespace jpki::fetch {
namespace {

constexpr std::size_t kMaxJobs = 256;
constexpr std::chrono::milliseconds kLongestWait{60'000};

}  // namespace

FetchServer::FetchServer(UniqueFd socket, Expected<Ready, std::string> ready)
    : socket_(std::move(socket)), ready_(std::move(ready)) {}

void FetchServer::run() {
  while (open_) {
    receive();
    if (ready_) ready_->network->work();
    collect();
    answer();
    if (open_) wait();
  }
}

void FetchServer::receive() {
  for (;;) {
    auto packet = receive_packet(socket_.get());
    if (!packet && packet.error() == PacketError::kWouldBlock) return;
    auto call = packet ? decode_call(packet->bytes) : std::nullopt;
    if (!call || !packet->file.valid()) {
      open_ = false;
      return;
    }
    accept(std::move(*call), std::move(packet->file));
  }
}

void FetchServer::accept(FetchCall call, UniqueFd file) {
  if (ready_ && jobs_.size() < kMaxJobs) {
    jobs_.emplace_back(std::move(call), std::move(file), ready_->site, *ready_->network).proceed();
    return;
  }
  std::string why = ready_ ? "too many requests at once; fetch fewer documents side by side" : ready_.error();
  answers_.push_back(
      encode_result({call.ticket, Unexpected{FetchError{FetchError::Reason::kHelper, std::move(why)}}}));
}

void FetchServer::collect() {
  for (auto job = jobs_.begin(); job != jobs_.end();) {
    job->proceed();
    if (job->result()) {
      answers_.push_back(encode_result(*job->result()));
      job = jobs_.erase(job);
    } else {
      ++job;
    }
  }
}

void FetchServer::answer() {
  while (open_ && !answers_.empty()) {
    const auto sent = send_packet(socket_.get(), answers_.front(), -1);
    if (!sent && sent.error() == PacketError::kWouldBlock) return;
    if (!sent) open_ = false;
    answers_.pop_front();
  }
}

void FetchServer::wait() {
  const auto now = Job::ClockType::now();
  auto next = now + kLongestWait;
  for (const Job& job : jobs_) next = std::min(next, job.next_event());
  const auto left =
      std::max(std::chrono::ceil<std::chrono::milliseconds>(next - now), std::chrono::milliseconds(0));
  pollfd socket{socket_.get(), POLLIN, 0};
  if (!answers_.empty()) socket.events |= POLLOUT;
  if (ready_) {
    ready_->network->wait(socket, left);
  } else {
    ::poll(&socket, 1, static_cast<int>(left.count()));
  }
}

}  // namespace jpki::fetch
