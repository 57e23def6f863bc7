// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/relay/account_session.h"

#include "base/deadline.h"
#include "base/helper_process.h"
#include "validator/relay/journal.h"

#include <array>
#include <optional>

#include <sys/socket.h>

namespace jpki::relay {
namespace {

using Packet = std::array<std::uint8_t, kMaxAccountPacket>;

template <class Content>
bool send_packet(const UniqueFd& socket, const Content& content) {
  Packet packet{};
  WireWriter out(packet);
  write(out, content);
  return !out.overflow() && ::send(socket.get(), packet.data(), out.used(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

std::optional<AccountQuestion> receive_question(const UniqueFd& caller, Deadline deadline) {
  Packet packet{};
  const auto size = receive_packet(caller, packet, deadline);
  return size ? read_account_question(Bytes(packet).first(*size)) : std::nullopt;
}

Expected<AccountAnswer, Refused> ask(const UniqueFd& helper, const AccountQuestion& question,
                                     Deadline deadline) {
  if (!send_packet(helper, question))
    return Unexpected{Refused{Verdict::kHelperFailed, "jpki-account does not listen"}};
  Packet packet{};
  const auto size = receive_packet(helper, packet, deadline);
  if (!size) return Unexpected{Refused{Verdict::kTimeout, "jpki-account did not answer in time"}};
  auto answer = read_account_answer(Bytes(packet).first(*size));
  if (!answer) return Unexpected{Refused{Verdict::kHelperFailed, "jpki-account died or broke the protocol"}};
  return std::move(*answer);
}

Ending refuse(const UniqueFd& caller, const std::string& service, Refused refused) {
  (void)send_packet(caller, AccountAnswer{refused.verdict, {}, {}});
  return {refused.verdict, service, std::move(refused.cause)};
}

}  // namespace

Expected<AccountQuestion, Refused> permitted_question(const AccountQuestion& wanted, const Owner& owner) {
  if (wanted.account != owner.account)
    return Unexpected{Refused{Verdict::kOtherUser, wanted.account.empty() ? "no account is named"
                                                                          : "not the caller's own account"}};
  return AccountQuestion{plain(wanted.service), owner.account, owner.uid, wanted.local};
}

Ending relay_account(const UniqueFd& caller, const UniqueFd& helper, const Owner& owner,
                     const AccountBounds& bounds) {
  const auto wanted = receive_question(caller, Deadline::after(bounds.question));
  if (!wanted) return {Verdict::kHelperFailed, {}, "the caller did not say in time and form what it wants"};
  const std::string service = plain(wanted->service);
  const auto question = permitted_question(*wanted, owner);
  if (!question) return refuse(caller, service, question.error());
  auto answer = ask(helper, *question, Deadline::after(bounds.answer));
  if (!answer) return refuse(caller, service, answer.error());
  if (!answer->source.empty())
    write_to_journal(LogLevel::kInfo, "account state of " + owner.account + " by " + answer->source);
  (void)send_packet(caller, AccountAnswer{answer->verdict, {}, {}});
  if (!answer->verdict) return {Verdict::kAccepted, service, "not an account of the directory"};
  return {*answer->verdict, service, std::move(answer->cause)};
}

}  // namespace jpki::relay
