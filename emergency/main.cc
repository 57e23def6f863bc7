// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-emergency: answers pam_jpki.so, over the socket on descriptor 0, whether somebody may be let in by an
// emergency code. Started by root for one question. Wiring only; the policy is in judge.h.
#include "base/emergency_protocol.h"
#include "base/node_name.h"
#include "base/sandbox/confinement.h"
#include "base/sandbox/inheritance.h"
#include "base/sandbox/privileges.h"
#include "emergency/judge.h"

#include <array>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace jpki;

struct Packet {
  std::array<std::uint8_t, kMaxEmergencyPacket> bytes{};
  ~Packet() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

void take_key(emergency::Site& site) {
  const auto key = emergency::read_key(emergency::kHostKeyFile);
  if (key)
    site.host_key = *key;
  else if (key.error().reason != FileError::Reason::kMissing)
    site.key_problem = key.error().text;
}

// What is kept belongs to root, so the process stays root, without a capability, and sees nothing else.
EmergencyAnswer answer_to(const EmergencyQuestion& question) {
  auto now = emergency::read_moment();
  if (!now) return {.verdict = Verdict::kEmergencyUnusable, .cause = now.error()};
  const emergency::Store store(emergency::kCodes, emergency::kHistory);
  emergency::Site site{.store = store, .now = std::move(*now), .host = node_name()};
  take_key(site);
  if (auto given = sandbox::give_up_capabilities(); !given)
    return {.verdict = Verdict::kEmergencyUnusable, .cause = given.error()};
  const sandbox::Confinement own_files{.writable = {emergency::kCodes, emergency::kHistory}};
  if (auto confined = sandbox::confine(own_files); !confined)
    return {.verdict = Verdict::kEmergencyUnusable, .cause = confined.error()};
  return emergency::judge(question, site);
}

int serve() {
  Packet packet;
  const ssize_t size = ::recv(STDIN_FILENO, packet.bytes.data(), packet.bytes.size(), 0);
  if (size <= 0) return 1;
  const auto question = read_emergency_question(Bytes(packet.bytes).first(static_cast<std::size_t>(size)));
  if (!question) return 1;
  ::explicit_bzero(packet.bytes.data(), packet.bytes.size());
  WireWriter out(packet.bytes);
  write(out, answer_to(*question));
  return !out.overflow() && ::send(STDIN_FILENO, packet.bytes.data(), out.used(), MSG_NOSIGNAL) >= 0 ? 0 : 1;
}

}  // namespace

int main() {
  sandbox::shed_inheritance("/dev/null");
  try {
    return serve();
  } catch (...) {
    return 1;  // out of memory: the PAM module sees the connection close and refuses
  }
}
