// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/ticket.h"

#include "base/error_text.h"
#include "base/helper_process.h"
#include "base/printable.h"
#include "base/ticket_keeping.h"
#include "pam_jpki/account.h"
#include "pam_jpki/handle_data.h"

#include <array>
#include <cstring>
#include <memory>

#include <security/pam_modutil.h>
#include <sys/socket.h>

namespace jpki::pam {
namespace {

constexpr char kTicketKey[] = "pam_jpki_ticket";
// A credential cache may be a daemon's.
constexpr std::chrono::seconds kPatience{5};

struct Packet {
  std::array<std::uint8_t, kMaxTicketKeeping> bytes{};
  ~Packet() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

TicketKept not_kept(std::string cause) {
  return {{}, std::move(cause)};
}

TicketKept ask(const Installation& installation, uid_t uid, gid_t gid, Bytes ticket) {
  const Deadline deadline = Deadline::after(kPatience);
  auto helper = HelperProcess::start(installation.ticket_helper,
                                     {.arguments = {"--keep"}, .socket_type = SOCK_SEQPACKET});
  if (!helper) return not_kept(std::string("jpki-ticket: ") + error_text(helper.error()));
  const UniqueFd socket = helper->take_socket();
  const auto packet = std::make_unique<Packet>();
  WireWriter out(packet->bytes);
  KeepTicket question{uid, gid, to_blob(ticket)};
  write(out, question);
  ::explicit_bzero(question.ticket.data(), question.ticket.size());
  if (out.overflow() || ::send(socket.get(), packet->bytes.data(), out.used(), MSG_NOSIGNAL) < 0)
    return not_kept("jpki-ticket does not listen");
  const auto size = receive_packet(socket, packet->bytes, deadline);
  if (!size) return not_kept("jpki-ticket did not answer in time");
  auto answer = read_ticket_kept(Bytes(packet->bytes).first(*size));
  return answer ? std::move(*answer) : not_kept("jpki-ticket died or broke the protocol");
}

TicketKept keep_for_user(pam_handle_t* handle, const Installation& installation, Bytes ticket) {
  const passwd* const entry = ::pam_modutil_getpwnam(handle, text_item(handle, PAM_USER).c_str());
  if (entry == nullptr || entry->pw_uid == 0) return not_kept("nobody's account, or root's");
  TicketKept kept = ask(installation, entry->pw_uid, entry->pw_gid, ticket);
  if (!kept.cache.empty() && ::pam_putenv(handle, ("KRB5CCNAME=" + kept.cache).c_str()) != PAM_SUCCESS)
    return not_kept("no memory for KRB5CCNAME");
  return kept;
}

}  // namespace

CardTicket& CardTicket::operator=(CardTicket&& other) noexcept {
  std::swap(octets_, other.octets_);
  std::swap(required_, other.required_);
  return *this;
}

CardTicket::~CardTicket() {
  if (octets_.capacity() != 0) ::explicit_bzero(octets_.data(), octets_.size());
}

// Never moved to another place in memory, where it would have to be wiped as well.
bool CardTicket::append(Bytes part) {
  if (octets_.capacity() < kMaxTicket) octets_.reserve(kMaxTicket);
  if (part.size() > kMaxTicket - octets_.size()) return false;
  append_bytes(octets_, part);
  return true;
}

void remember_ticket(pam_handle_t* handle, CardTicket ticket) {
  if (!ticket.octets().empty() && keep(handle, kTicketKey, std::move(ticket))) return;
  forget(handle, kTicketKey);
}

Kept keep_ticket(pam_handle_t* handle, const Installation& installation, const Log& log) {
  const CardTicket* const ticket = kept<CardTicket>(handle, kTicketKey);
  if (ticket == nullptr) return Kept::kNothing;
  const TicketKept done = keep_for_user(handle, installation, ticket->octets());
  const bool required = ticket->required();
  forget(handle, kTicketKey);
  if (!done.cache.empty()) return Kept::kDone;
  log.write(LogLevel::kWarning, code_of(Verdict::kTicketNotKept) + " " +
                                    std::string(name_of(Verdict::kTicketNotKept)) +
                                    " cause=" + in_quotes(done.cause));
  return required ? Kept::kFailedAndRequired : Kept::kFailed;
}

}  // namespace jpki::pam
