// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/fetch_server.h"

namespace jpki::fetch {
namespace {

constexpr std::size_t kMaxJobs = 256;
constexpr long kMaxConnections = 64;
constexpr std::chrono::milliseconds kLongestWait{60'000};
constexpr std::chrono::milliseconds kPollingInterval{5};

}  // namespace

FetchServer::FetchServer(UniqueFd socket, Expected<Site, std::string> site)
    : socket_(std::move(socket)), site_(std::move(site)), multi_(::curl_multi_init()) {
  if (multi_ == nullptr && site_) site_ = Unexpected{std::string("libcurl: out of memory")};
  if (multi_ != nullptr) ::curl_multi_setopt(multi_.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, kMaxConnections);
}

void FetchServer::run() {
  while (open_) {
    receive();
    int running = 0;
    ::curl_multi_perform(multi_.get(), &running);
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
  if (site_ && jobs_.size() < kMaxJobs) {
    jobs_.emplace_back(std::move(call), std::move(file), *site_, multi_.get()).proceed();
    return;
  }
  std::string why = site_ ? "too many requests at once; fetch fewer documents side by side" : site_.error();
  answers_.push_back(
      encode_result({call.ticket, Unexpected{FetchError{FetchError::Reason::kHelper, std::move(why)}}}));
}

void FetchServer::collect() {
  int left = 0;
  while (const CURLMsg* message = ::curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    Transfer* transfer = nullptr;
    ::curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    for (Job& job : jobs_)
      if (job.transfer_ended(transfer, code)) break;
  }
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
  for (const Job& job : jobs_) {
    next = std::min(next, job.next_event());
    if (job.wants_polling()) next = std::min(next, now + kPollingInterval);
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now).count();
  curl_waitfd socket{socket_.get(), CURL_WAIT_POLLIN, 0};
  if (!answers_.empty()) socket.events |= CURL_WAIT_POLLOUT;
  ::curl_multi_poll(multi_.get(), &socket, 1, static_cast<int>(std::max<decltype(left)>(left, 0)), nullptr);
}

}  // namespace jpki::fetch
