// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/directory_account.h"

#include "base/deadline.h"
#include "base/error_text.h"
#include "base/helper_process.h"
#include "pam_jpki/system_service.h"

#include <array>
#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

namespace jpki::pam {
namespace {

bool may_exist(const char* path) {
  return ::access(path, F_OK) == 0 || errno != ENOENT;
}

AccountAnswer exchange(const UniqueFd& socket, const AccountQuestion& question, Deadline deadline) {
  std::array<std::uint8_t, kMaxAccountPacket> packet{};
  WireWriter out(packet);
  write(out, question);
  if (out.overflow() || ::send(socket.get(), packet.data(), out.used(), MSG_NOSIGNAL) < 0)
    return {Verdict::kHelperFailed, "jpki-account does not listen", {}};
  const auto size = receive_packet(socket, packet, deadline);
  if (!size) return {Verdict::kTimeout, "jpki-account did not answer in time", {}};
  auto answer = read_account_answer(Bytes(packet).first(*size));
  if (!answer) return {Verdict::kHelperFailed, "jpki-account died or broke the protocol", {}};
  return std::move(*answer);
}

}  // namespace

bool has_directory(const Installation& installation) {
  return may_exist(installation.directory_config) || may_exist(installation.directory_state);
}

AccountAnswer ask_directory(const Installation& installation, const Log& log, const AccountQuestion& question,
                            std::chrono::milliseconds patience) {
  const Deadline deadline = Deadline::after(patience);
  if (!host_has_root()) {
    if (const auto socket =
            connect_to_helper(installation.account_socket, SOCK_SEQPACKET, "jpki-account.socket", log)) {
      AccountAnswer answer = exchange(*socket, question, deadline);
      if (answer.cause.empty()) answer.cause = "journalctl -t jpki-account tells it";
      return answer;
    }
  }
  auto helper =
      HelperProcess::start(installation.account_helper, {.arguments = {}, .socket_type = SOCK_SEQPACKET});
  if (!helper)
    return {Verdict::kHelperNotStarted, std::string("jpki-account: ") + error_text(helper.error()), {}};
  return exchange(helper->take_socket(), question, deadline);
}

}  // namespace jpki::pam
