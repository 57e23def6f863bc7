// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-ticket: for jpki-validator it asks KDCs for a ticket, as the helper user; for pam_jpki.so it keeps
// one, as the person (--keep). Both over the socket on descriptor 0. Its starter decides how long it lives.
// Wiring only.
#include "base/program/one_packet.h"
#include "base/sandbox/confinement.h"
#include "base/sandbox/inheritance.h"
#include "base/sandbox/privileges.h"
#include "base/ticket_keeping.h"
#include "validator/config/config.h"
#include "validator/ticket/program/as_exchange.h"
#include "validator/ticket/program/keep.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include <grp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::ticket;

constexpr unsigned kLongestLife = 420;  // seconds, with a person who types; should nobody end it
constexpr char kUsage[] =
    "jpki-ticket is started by jpki-validator and pam_jpki.so. What it asks is in [ticket] of jpki.toml.\n";

bool is_packet_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

void answer(const Packet& packet) {
  if (const auto octets = encode_packet(packet))
    (void)::send(STDIN_FILENO, octets->data(), octets->size(), MSG_NOSIGNAL);
}

Expected<Unit, NoTicket> confine() {
  sandbox::Confinement confinement{.internet_sockets = true};
  confinement.readable = {"/etc/resolv.conf", "/etc/hosts",    "/etc/nsswitch.conf", "/etc/gai.conf",
                          "/etc/host.conf",   "/etc/services", "/dev/urandom"};
  if (auto confined = sandbox::confine(confinement); !confined)
    return Unexpected{NoTicket{Verdict::kTicketUnusable, confined.error()}};
  return Unit{};
}

Expected<AsExchange, NoTicket> set_up(const std::string& config_file) {
  if (auto dropped = sandbox::drop_privileges(JPKI_HELPER_USER); !dropped)
    return Unexpected{NoTicket{Verdict::kTicketUnusable, dropped.error()}};
  const auto config = config::load_config(config_file.empty() ? config::kDefaultConfigFile : config_file);
  if (!config) return Unexpected{NoTicket{Verdict::kTicketUnusable, config.error()}};
  auto exchange = AsExchange::prepare(config->ticket);
  if (!exchange) return exchange;
  if (auto confined = confine(); !confined) return Unexpected{confined.error()};
  return exchange;
}

std::optional<Job> receive_job() {
  Blob octets(kMaxTicketPacket);
  const ssize_t size = ::recv(STDIN_FILENO, octets.data(), octets.size(), 0);
  auto packet = size > 0 ? decode_packet(Bytes(octets).first(static_cast<std::size_t>(size))) : std::nullopt;
  auto* const job = packet ? std::get_if<Job>(&*packet) : nullptr;
  return job != nullptr ? std::optional(std::move(*job)) : std::nullopt;
}

int get_ticket(const std::string& config_file) {
  ::alarm(kLongestLife);
  auto exchange = set_up(config_file);
  const auto job = receive_job();
  if (!job) return 1;  // nobody got as far as an account
  const auto ticket =
      exchange ? exchange->run(*job) : Expected<Ticket, NoTicket>(Unexpected{exchange.error()});
  const auto octets = ticket ? encode_ticket(*ticket, kMaxTicket) : std::nullopt;
  if (octets) {
    answer(GotTicket{*octets});
  } else {
    answer(ticket ? NoTicket{Verdict::kTicketUnusable, "the ticket is longer than 48 KiB"} : ticket.error());
  }
  return 0;
}

// For good, without a group of root's.
Expected<Unit, std::string> become(uid_t uid, gid_t gid) {
  if (::setgroups(0, nullptr) != 0 || ::setresgid(gid, gid, gid) != 0 || ::setresuid(uid, uid, uid) != 0)
    return Unexpected{std::string("jpki-ticket cannot become the person: ") + std::strerror(errno)};
  if (::setuid(0) == 0) return Unexpected{std::string("root could be taken back")};
  return sandbox::give_up_capabilities();
}

TicketKept keep_as_person(const KeepTicket& question) {
  const auto ticket = decode_ticket(question.ticket);
  if (!ticket) return {{}, "what was to be kept is no ticket"};
  if (auto became = become(question.uid, question.gid); !became) return {{}, became.error()};
  const auto cache = keep(*ticket);
  return cache ? TicketKept{*cache, {}} : TicketKept{{}, cache.error()};
}

}  // namespace

int main(int argc, char** argv) {
  sandbox::shed_inheritance("/dev/null");
  const std::string_view argument = argc == 2 ? argv[1] : "--help";
  if (argc != 2 || argument == "--help" || !is_packet_socket(STDIN_FILENO)) {
    const bool asked = argc == 2 && argument == "--help";
    std::fputs(kUsage, asked ? stdout : stderr);
    return asked ? 0 : 2;
  }
  try {
    if (argument == "--keep")
      ::_exit(answer_one_packet<kMaxTicketKeeping>(&read_keep_ticket, &keep_as_person));
    ::_exit(get_ticket(argv[1]));
  } catch (...) {
    ::_exit(1);  // out of memory: the starter sees the socket close
  }
}
