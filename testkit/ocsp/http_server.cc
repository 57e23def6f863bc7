// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ocsp/http_server.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace jpki::testocsp {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxHead = 16 * 1024;
constexpr std::size_t kMaxBody = 64 * 1024;
constexpr timeval kPatience{10, 0};  // with a client that sends nothing
constexpr std::size_t kChunk = 100;

std::optional<HttpRequest> receive(int socket) {
  std::string data;
  std::size_t end = std::string::npos;
  std::optional<HttpRequest> request;
  for (char buffer[4096];;) {
    if (!request && (end = data.find("\r\n\r\n")) != std::string::npos) {
      request = parse_head(std::string_view(data).substr(0, end));
      if (!request || request->content_length > kMaxBody) return std::nullopt;
    }
    if (request && data.size() >= end + 4 + request->content_length) break;
    if (!request && data.size() > kMaxHead) return std::nullopt;
    const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) return std::nullopt;
    data.append(buffer, static_cast<std::size_t>(got));
  }
  request->body = to_blob(as_bytes(std::string_view(data).substr(end + 4, request->content_length)));
  return request;
}

// False when the client has gone. With a `pause`, octet by octet.
bool send_all(int socket, Bytes bytes, milliseconds pause = milliseconds(0)) {
  while (!bytes.empty()) {
    const std::size_t size = pause.count() > 0 ? 1 : bytes.size();
    const ssize_t sent = ::send(socket, bytes.data(), size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
  }
  return true;
}

std::string head_of(const HttpAnswer& answer) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nConnection: close\r\n", answer.status,
                                 answer.status == 200 ? "OK" : "As asked");
  if (!answer.content_type.empty()) head += "Content-Type: " + answer.content_type + "\r\n";
  for (const std::string& line : answer.headers) head += line + "\r\n";
  if (answer.chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (answer.tell_length && !answer.endless) {
    head += fmt::format("Content-Length: {}\r\n", answer.body.size() + answer.extra_length);
  }
  return head + "\r\n";
}

void send_chunked(int socket, Bytes body) {
  while (!body.empty()) {
    const Bytes part = body.first(std::min(kChunk, body.size()));
    if (!send_all(socket, as_bytes(fmt::format("{:x}\r\n", part.size()))) || !send_all(socket, part) ||
        !send_all(socket, as_bytes("\r\n")))
      return;
    body = body.subspan(part.size());
  }
  send_all(socket, as_bytes("0\r\n\r\n"));
}

// Returns when the client closes the connection.
void wait_for_end(int socket) {
  const timeval for_ever{0, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &for_ever, sizeof for_ever);
  for (char buffer[256]; ::recv(socket, buffer, sizeof buffer, 0) > 0;) {
  }
}

void send_answer(int socket, const HttpAnswer& answer) {
  if (answer.hang_up) return;
  if (answer.silent) return wait_for_end(socket);
  std::this_thread::sleep_for(answer.before);
  if (!answer.not_http && !send_all(socket, as_bytes(head_of(answer)), answer.each_header_octet)) return;
  if (answer.chunked) return send_chunked(socket, answer.body);
  if (!send_all(socket, answer.body, answer.each_body_octet)) return;
  const Blob filling(4096, 0);
  while (answer.endless && send_all(socket, filling)) {
  }
}

void converse(UniqueFd socket, const HttpServer::Handler& handler) {
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  const auto request = receive(socket.get());
  if (!request) return;
  send_answer(socket.get(), handler(*request));
  // Without this the kernel may throw away what the client has not read yet.
  ::shutdown(socket.get(), SHUT_WR);
  wait_for_end(socket.get());
}

Unexpected<std::string> failed(const char* what) {
  return Unexpected{std::string(what) + ": " + std::strerror(errno)};
}

}  // namespace

Expected<HttpServer, std::string> HttpServer::listen(std::uint16_t port) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return failed("socket");
  const int yes = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failed("bind to 127.0.0.1");
  if (::listen(socket.get(), 128) != 0) return failed("listen");
  socklen_t size = sizeof address;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return failed("getsockname");
  return HttpServer(std::move(socket), ntohs(address.sin_port));
}

void HttpServer::serve(const Handler& handler) {
  for (;;) {
    UniqueFd client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client.get() < 0) continue;
    std::thread([socket = std::move(client), &handler]() mutable {
      converse(std::move(socket), handler);
    }).detach();
  }
}

}  // namespace jpki::testocsp
