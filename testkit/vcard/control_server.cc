// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/control_server.h"

#include "testkit/vcard/control_address.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace jpki::vcard {
namespace {

constexpr std::size_t kMaxLine = 4096;
constexpr mode_t kNotForOthers = 0177;

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

UniqueFd stream_socket() {
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

bool bind_private(int fd, const ControlAddress& address) {
  const mode_t before = ::umask(kNotForOthers);
  const bool bound = ::bind(fd, address.get(), address.size()) == 0;
  ::umask(before);
  return bound;
}

// Whether what is in the way is a socket without a server.
bool is_abandoned(const ControlAddress& address, const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  const UniqueFd probe = stream_socket();
  return ::connect(probe.get(), address.get(), address.size()) != 0 && errno == ECONNREFUSED;
}

}  // namespace

Expected<std::unique_ptr<ControlServer>, std::string> ControlServer::listen(const std::string& path,
                                                                            ControlCommands commands) {
  const auto failure = [&path](const char* cause) { return Unexpected{path + ": " + cause}; };
  const auto address = ControlAddress::of(path);
  if (!address) return failure("too long for a socket's path");
  UniqueFd fd = stream_socket();
  if (!fd.valid()) return failure(std::strerror(errno));
  bool bound = bind_private(fd.get(), *address);
  if (!bound && errno == EADDRINUSE) {
    if (!is_abandoned(*address, path)) return failure("already there, and not an abandoned socket");
    bound = ::unlink(path.c_str()) == 0 && bind_private(fd.get(), *address);
  }
  if (!bound || ::listen(fd.get(), SOMAXCONN) != 0) return failure(std::strerror(errno));
  return std::unique_ptr<ControlServer>(new ControlServer(path, std::move(fd), commands));
}

ControlServer::~ControlServer() {
  ::unlink(path_.c_str());
}

void ControlServer::watch(std::vector<Watch>& watches) {
  watches.push_back({socket_.get(), POLLIN, [this](short) { accept(); }});
  for (const auto& client : clients_) {
    const auto events = static_cast<short>(client->output.empty() ? POLLIN : POLLIN | POLLOUT);
    watches.push_back(
        {client->socket.get(), events, [this, &client = *client](short ready) { on_ready(client, ready); }});
  }
}

void ControlServer::accept() {
  UniqueFd fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd.valid()) return;
  clients_.push_back(std::make_unique<Client>());
  clients_.back()->socket = std::move(fd);
}

void ControlServer::on_ready(Client& client, short events) {
  if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) {
    std::array<char, 1024> chunk{};
    const ssize_t size = ::recv(client.socket.get(), chunk.data(), chunk.size(), 0);
    if (size > 0) client.input.append(chunk.data(), static_cast<std::size_t>(size));
    if (size == 0 || (size < 0 && !would_block()) || client.input.size() > kMaxLine) client.ended = true;
  }
}

// Executes complete lines until one waits; true when something was done.
bool ControlServer::serve_lines(Client& client, SteadyTime now) {
  for (bool progress = false;; progress = true) {
    if (client.waits_for) {
      const bool holds = client.waits_for();
      if (!holds && now < client.waits_until) return progress;
      client.output += holds ? "ok\n" : "error: timed out\n";
      client.waits_for = nullptr;
    }
    const std::size_t end = client.input.find('\n');
    if (end == std::string::npos) return progress;
    CommandResult result = commands_.execute(std::string_view(client.input).substr(0, end));
    client.input.erase(0, end + 1);
    if (auto* const reply = std::get_if<std::string>(&result)) client.output += *reply + "\n";
    if (auto* const wait = std::get_if<PendingWait>(&result)) {
      client.waits_for = std::move(wait->holds);
      client.waits_until = now + wait->at_most;
    }
  }
}

void ControlServer::send_output(Client& client) {
  if (client.output.empty()) return;
  const ssize_t sent = ::send(client.socket.get(), client.output.data(), client.output.size(), MSG_NOSIGNAL);
  if (sent > 0) client.output.erase(0, static_cast<std::size_t>(sent));
  if (sent < 0 && !would_block()) client.ended = true;
}

std::optional<SteadyTime> ControlServer::due() const {
  std::optional<SteadyTime> earliest;
  for (const auto& client : clients_) {
    if (client->waits_for && (!earliest || client->waits_until < *earliest)) earliest = client->waits_until;
  }
  return earliest;
}

void ControlServer::on_time(SteadyTime now) {
  bool progress = true;
  while (progress) {  // one client's command may end another's wait
    progress = false;
    for (const auto& client : clients_) progress = serve_lines(*client, now) || progress;
  }
  for (const auto& client : clients_) send_output(*client);
  std::erase_if(clients_, [](const auto& client) { return client->ended; });
}

}  // namespace jpki::vcard
