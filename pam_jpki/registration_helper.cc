// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/registration_helper.h"

#include "base/deadline.h"
#include "base/error_text.h"
#include "base/helper_process.h"

#include <array>
#include <vector>

#include <sys/socket.h>

namespace jpki::pam {
namespace {

// Longer than the helper waits for another one.
constexpr std::chrono::seconds kPatience{10};

SelfRegistrationAnswer unusable(std::string cause) {
  return {Verdict::kRegistrationUnusable, std::move(cause)};
}

}  // namespace

SelfRegistrationAnswer ask_self_registration(const Installation& installation, const std::string& config_file,
                                             const SelfRegistrationQuestion& question) {
  const Deadline deadline = Deadline::after(kPatience);
  std::vector<std::string> arguments;
  if (!config_file.empty()) arguments.push_back(config_file);
  auto helper = HelperProcess::start(installation.registration_helper,
                                     {.arguments = std::move(arguments), .socket_type = SOCK_SEQPACKET});
  if (!helper) return unusable(std::string("jpki-self-registration: ") + error_text(helper.error()));
  const UniqueFd socket = helper->take_socket();
  std::array<std::uint8_t, kMaxSelfRegistrationPacket> packet{};
  WireWriter out(packet);
  write(out, question);
  if (out.overflow() || ::send(socket.get(), packet.data(), out.used(), MSG_NOSIGNAL) < 0)
    return unusable("jpki-self-registration does not listen");
  const auto size = receive_packet(socket, packet, deadline);
  if (!size) return unusable("jpki-self-registration did not answer in time");
  auto answer = read_self_registration_answer(Bytes(packet).first(*size));
  if (!answer) return unusable("jpki-self-registration died or broke the protocol");
  return std::move(*answer);
}

}  // namespace jpki::pam
