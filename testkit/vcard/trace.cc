// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/trace.h"

#include "testkit/vcard/apdu.h"

#include <fmt/format.h>

namespace jpki::vcard {

std::string trace_command(Bytes command) {
  std::size_t clear_from = 0;
  std::size_t clear_to = command.size();
  if (command.size() > 4 && command[1] == kInsVerify) {
    const auto parsed = parse_command(command);
    clear_to = parsed ? command.size() - parsed->data.size() : 4;
    if (parsed && !parsed->data.empty()) {
      clear_to = static_cast<std::size_t>(parsed->data.data() - command.data());
      clear_from = clear_to + parsed->data.size();
    }
  }
  std::string line = ">";
  for (std::size_t i = 0; i < command.size(); ++i) {
    const bool clear = i < clear_to || (clear_from != 0 && i >= clear_from);
    line += clear ? fmt::format(" {:02x}", command[i]) : " **";
  }
  return line;
}

std::string trace_response(Bytes response) {
  std::string line = "<";
  for (const std::uint8_t byte : response) line += fmt::format(" {:02x}", byte);
  return line;
}

}  // namespace jpki::vcard
