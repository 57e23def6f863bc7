// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ticket/ticket_process.h"

#include "base/printable.h"
#include "validator/ticket/digest_info.h"

#include <cstring>

#include <sys/socket.h>

namespace jpki::ticket {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr char kBroken[] = "jpki-ticket died or broke the protocol; journalctl -k may tell why";

}  // namespace

TicketProcess::TicketProcess(const Options& options, const std::string& program)
    : left_(options.patience), required_(options.required) {
  auto helper =
      HelperProcess::start(program, {.arguments = {options.config_file}, .socket_type = SOCK_SEQPACKET});
  if (!helper) {
    failed(Verdict::kTicketUnusable,
           program + ": " + std::strerror(helper.error()) + "; reinstall the package");
    return;
  }
  helper_.emplace(std::move(*helper));
  socket_ = helper_->take_socket();
}

void TicketProcess::begin(const std::string& account, const std::vector<Blob>& authorities) {
  if (failure_) return;
  if (authorities.size() > kMostAuthorities || !send(Job{account, authorities}))
    failed(Verdict::kTicketUnusable, "the path of the certificate is longer than jpki-ticket takes");
}

Expected<Blob, Failure> TicketProcess::to_be_signed(Bytes certificate) {
  if (failure_) return Unexpected{*failure_};
  if (auto asked = receive<AskCertificate>(); !asked) return Unexpected{asked.error()};
  if (!send(Certificate{to_blob(certificate)})) return Unexpected{failed(Verdict::kTicketUnusable, kBroken)};
  auto asked = receive<AskSignature>();
  if (!asked) return Unexpected{asked.error()};
  if (!is_sha2_digest_info(asked->digest_info))
    return Unexpected{
        failed(Verdict::kTicketUnusable, "jpki-ticket wanted something signed that is no SHA-2 digest")};
  return std::move(asked->digest_info);
}

Expected<Blob, Failure> TicketProcess::conclude(Bytes signature) {
  if (failure_) return Unexpected{*failure_};
  if (!send(Signature{to_blob(signature)})) return Unexpected{failed(Verdict::kTicketUnusable, kBroken)};
  auto got = receive<GotTicket>();
  if (!got) return Unexpected{got.error()};
  return std::move(got->octets);
}

bool TicketProcess::send(const Packet& packet) {
  const auto octets = encode_packet(packet);
  return octets && ::send(socket_.get(), octets->data(), octets->size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

template <class Wanted>
Expected<Wanted, Failure> TicketProcess::receive() {
  const auto begun = SteadyClock::now();
  Blob buffer(kMaxTicketPacket);
  const auto size = receive_packet(socket_, buffer, Deadline::after(left_));
  left_ -= std::min(left_, duration_cast<milliseconds>(SteadyClock::now() - begun));
  if (!size) return Unexpected{failed(Verdict::kTicketUnreachable, "no answer in timeout_seconds")};
  auto packet = decode_packet(Bytes(buffer).first(*size));
  ::explicit_bzero(buffer.data(), *size);
  if (packet) {
    if (auto* wanted = std::get_if<Wanted>(&*packet)) return std::move(*wanted);
    if (const auto* none = std::get_if<NoTicket>(&*packet))
      return Unexpected{failed(none->verdict, printable(none->cause))};
  }
  return Unexpected{failed(Verdict::kTicketUnusable, kBroken)};
}

Failure TicketProcess::failed(Verdict verdict, std::string cause) {
  if (!failure_) failure_ = Failure{verdict, std::move(cause)};
  if (helper_) helper_->kill();
  return *failure_;
}

}  // namespace jpki::ticket
