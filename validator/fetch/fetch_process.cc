// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/fetch_process.h"

#include "validator/fetch/url.h"

#include <algorithm>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

namespace jpki::fetch {
namespace {

constexpr char kNextStep[] = "; see what the kernel log says about it (journalctl -k)";

Unexpected<FetchError> refused(FetchError::Reason reason, std::string text) {
  return Unexpected{FetchError{reason, std::move(text)}};
}

}  // namespace

const char* fetch_program_for(const std::vector<std::string>& urls, bool from_certificates,
                              const FetchRules& rules, const std::vector<std::string>& configured_urls) {
  return needs_libcurl(urls, from_certificates, rules, configured_urls) ? kCurlFetchProgram : kFetchProgram;
}

FetchProcess::FetchProcess(const std::string& config_file, const std::string& program) {
  auto helper = HelperProcess::start(program, {.arguments = {config_file}, .socket_type = SOCK_SEQPACKET});
  if (!helper) {
    problem_ = program + ": " + std::strerror(helper.error()) + "; reinstall the package";
    reason_ = FetchError::Reason::kNotStarted;
    return;
  }
  helper_.emplace(std::move(*helper));
  socket_ = helper_->take_socket();
}

Expected<Ticket, FetchError> FetchProcess::start(const FetchRequest& request, const UniqueFd& into) {
  if (!problem_.empty()) return refused(reason_, problem_);
  const Ticket ticket = ++last_ticket_;
  auto packet = encode_call({ticket, request});
  if (!packet)
    return refused(FetchError::Reason::kProtocol,
                   "a request outside the bounds of jpki-fetch; see validator/fetch/fetch_protocol.h");
  UniqueFd file(::fcntl(into.get(), F_DUPFD_CLOEXEC, 3));
  if (!file.valid())
    return refused(FetchError::Reason::kHelper,
                   std::string("no descriptor for a document: ") + std::strerror(errno));
  open_.emplace(ticket, Open{std::move(file), request});
  unsent_.push_back({std::move(*packet), ticket});
  flush();
  return ticket;
}

bool FetchProcess::arrived(Ticket ticket) {
  if (open_.contains(ticket)) wait(Deadline::after(std::chrono::milliseconds(0)));
  return arrived_.contains(ticket);
}

Expected<FetchAnswer, FetchError> FetchProcess::await(Ticket ticket, Deadline deadline) {
  for (;;) {
    if (auto arrived = arrived_.extract(ticket)) return std::move(arrived.mapped());
    if (!open_.contains(ticket))
      return refused(FetchError::Reason::kProtocol,
                     "an answer that was not requested or has already been collected");
    const bool too_late = deadline.passed();
    wait(deadline);
    if (too_late && open_.contains(ticket)) {
      const std::string host = host_for_log(open_.at(ticket).request.alternatives.front().url);
      open_.erase(ticket);
      end("jpki-fetch was stopped: it had not answered in time", FetchError::Reason::kTimeout);
      return refused(FetchError::Reason::kTimeout, host + ": no answer from jpki-fetch in time" + kNextStep);
    }
  }
}

// Hands over what could not be sent before: the socket's buffer is bounded.
void FetchProcess::flush() {
  while (!unsent_.empty()) {
    const Unsent& next = unsent_.front();
    const auto sent = send_packet(socket_.get(), next.packet, open_.at(next.ticket).file.get());
    if (!sent && sent.error() == PacketError::kWouldBlock) return;
    if (!sent) return end("jpki-fetch has ended");
    unsent_.pop_front();
  }
}

void FetchProcess::wait(Deadline deadline) {
  pollfd poll_fd{socket_.get(), static_cast<short>(unsent_.empty() ? POLLIN : POLLIN | POLLOUT), 0};
  const int ready = ::poll(&poll_fd, 1, deadline.poll_timeout());
  if (ready < 0 && errno != EINTR) return end("poll: " + std::string(std::strerror(errno)));
  if (ready <= 0) return;
  if ((poll_fd.revents & POLLOUT) != 0) flush();
  if (problem_.empty() && (poll_fd.revents & (POLLIN | POLLHUP | POLLERR)) != 0) receive();
}

void FetchProcess::receive() {
  while (problem_.empty()) {
    const auto packet = receive_packet(socket_.get());
    if (!packet && packet.error() == PacketError::kWouldBlock) return;
    if (!packet) return end("jpki-fetch has ended");
    auto result = decode_result(packet->bytes);
    if (!result || packet->file.valid()) return end("jpki-fetch sent an answer that it must not send");
    const bool sent = std::ranges::find(unsent_, result->ticket, &Unsent::ticket) == unsent_.end();
    if (!sent || !open_.contains(result->ticket))
      return end("jpki-fetch answered a request that was not made");
    const auto open = open_.extract(result->ticket);
    arrived_.emplace(result->ticket, checked(open.mapped(), std::move(result->outcome)));
  }
}

// What jpki-fetch says about the document must be true: it speaks with strangers.
FetchProcess::Outcome FetchProcess::checked(const Open& open, Outcome outcome) const {
  if (!outcome) return outcome;
  const FetchRequest& request = open.request;
  const bool conditional = !request.etag.empty() || !request.last_modified.empty();
  struct stat status {};
  const bool is_true =
      outcome->alternative < request.alternatives.size() && outcome->size <= request.max_size &&
      (outcome->not_modified ? conditional && outcome->size == 0
                             : ::fstat(open.file.get(), &status) == 0 &&
                                   static_cast<std::uint64_t>(status.st_size) == outcome->size);
  if (is_true) return outcome;
  return refused(FetchError::Reason::kProtocol, "jpki-fetch's answer and its document do not agree");
}

// No helper from here on: every open request has its answer now.
void FetchProcess::end(const std::string& problem, FetchError::Reason reason) {
  problem_ = problem + kNextStep;
  reason_ = reason;
  helper_->kill();
  socket_.reset();
  unsent_.clear();
  for (const auto& [ticket, open] : open_)
    arrived_.emplace(ticket, Unexpected{FetchError{reason_, problem_}});
  open_.clear();
}

}  // namespace jpki::fetch
