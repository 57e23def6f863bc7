// SPDX-License-Identifier: LGPL-2.1-or-later
//
// In the place of jpki-self-registration: records the question beside the script of the fake validator, which
// is the configuration file here, and answers with the verdict of the script's line "registration".
#include "base/program/one_packet.h"
#include "base/self_registration_protocol.h"

#include <fstream>

namespace {

using namespace jpki;

std::string script;

SelfRegistrationAnswer answer(const SelfRegistrationQuestion& question) {
  std::ofstream(script + ".record", std::ios::app)
      << "registration " << question.account << ' ' << question.certificate << ' ' << question.der.size()
      << std::endl;
  std::ifstream lines(script);
  for (std::string word; lines >> word;) {
    unsigned code = 0;
    if (word == "registration" && lines >> code)
      return {verdict_from(static_cast<std::uint16_t>(code)).value_or(Verdict::kInternal), "scripted"};
  }
  return {Verdict::kAccepted, {}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  script = argv[1];
  return answer_one_packet<kMaxSelfRegistrationPacket>(&read_self_registration_question, &answer);
}
