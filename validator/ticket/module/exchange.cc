// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ticket/module/exchange.h"

#include "validator/ticket/ticket_protocol.h"

#include <cerrno>

#include <sys/socket.h>

namespace jpki::ticket {
namespace {

template <class Reply>
std::optional<Reply> ask(int socket, const Packet& question) {
  const auto octets = encode_packet(question);
  if (!octets || ::send(socket, octets->data(), octets->size(), MSG_NOSIGNAL) < 0) return std::nullopt;
  Blob buffer(kMaxTicketPacket);
  ssize_t size = 0;
  do {
    size = ::recv(socket, buffer.data(), buffer.size(), 0);
  } while (size < 0 && errno == EINTR);
  auto packet = size > 0 ? decode_packet(Bytes(buffer).first(static_cast<std::size_t>(size))) : std::nullopt;
  auto* const reply = packet ? std::get_if<Reply>(&*packet) : nullptr;
  return reply != nullptr ? std::optional(std::move(*reply)) : std::nullopt;
}

}  // namespace

std::optional<Blob> ask_certificate(int socket) {
  auto reply = ask<Certificate>(socket, AskCertificate{});
  return reply ? std::optional(std::move(reply->der)) : std::nullopt;
}

std::optional<Blob> ask_signature(int socket, Bytes digest_info) {
  auto reply = ask<Signature>(socket, AskSignature{to_blob(digest_info)});
  return reply ? std::optional(std::move(reply->octets)) : std::nullopt;
}

}  // namespace jpki::ticket
