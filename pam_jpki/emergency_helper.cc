// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/emergency_helper.h"

#include "base/deadline.h"
#include "base/error_text.h"
#include "base/helper_process.h"

#include <array>
#include <cstring>

#include <sys/socket.h>
#include <unistd.h>

namespace jpki::pam {
namespace {

// Longer than the helper waits for another one, and computes.
constexpr std::chrono::seconds kPatience{15};

struct Packet {
  std::array<std::uint8_t, kMaxEmergencyPacket> bytes{};
  ~Packet() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

EmergencyAnswer unusable(std::string cause) {
  return {.verdict = Verdict::kEmergencyUnusable, .cause = std::move(cause)};
}

}  // namespace

EmergencyAnswer ask_emergency(const Installation& installation, const EmergencyQuestion& question) {
  const Deadline deadline = Deadline::after(kPatience);
  auto helper =
      HelperProcess::start(installation.emergency_helper, {.arguments = {}, .socket_type = SOCK_SEQPACKET});
  if (!helper) return unusable(std::string("jpki-emergency: ") + error_text(helper.error()));
  const UniqueFd socket = helper->take_socket();
  Packet packet;
  WireWriter out(packet.bytes);
  write(out, question);
  if (out.overflow() || ::send(socket.get(), packet.bytes.data(), out.used(), MSG_NOSIGNAL) < 0)
    return unusable("jpki-emergency does not listen");
  const auto size = receive_packet(socket, packet.bytes, deadline);
  if (!size) return unusable("jpki-emergency did not answer in time");
  auto answer = read_emergency_answer(Bytes(packet.bytes).first(*size));
  if (!answer) return unusable("jpki-emergency died or broke the protocol");
  return std::move(*answer);
}

bool may_have_used_code(const Installation& installation, uid_t uid) {
  const std::string file = std::string(installation.emergency_history) + "/used-" + std::to_string(uid);
  return ::access(file.c_str(), F_OK) == 0;
}

}  // namespace jpki::pam
