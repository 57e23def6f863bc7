// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-emergency: answers pam_jpki.so, over the socket on descriptor 0, whether somebody may be let in by an
// emergency code. Started by root for one question. Wiring only; the policy is in judge.h.
#include "base/emergency_protocol.h"
#include "base/node_name.h"
#include "base/program/one_packet.h"
#include "base/sandbox/confinement.h"
#include "base/sandbox/inheritance.h"
#include "base/sandbox/privileges.h"
#include "emergency/judge.h"

namespace {

using namespace jpki;

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

}  // namespace

int main() {
  sandbox::shed_inheritance("/dev/null");
  try {
    return answer_one_packet<kMaxEmergencyPacket>(&read_emergency_question, &answer_to);
  } catch (...) {
    return 1;  // out of memory: the PAM module sees the connection close and refuses
  }
}
