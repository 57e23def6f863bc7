// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/apdu.h"

#include <string.h>  // explicit_bzero

namespace jpki::pkcs11 {

EncodedCommand::EncodedCommand(const Command& command) noexcept {
  if (command.data.size() > kMaxCommandData || command.ne > kExtendedNe) return;
  const bool extended = command.ne > kShortNe;
  for (const std::uint8_t byte : {command.cla, command.ins, command.p1, command.p2}) put(byte);
  if (extended) put(0);
  if (!command.data.empty()) {
    if (extended) put(0);
    put(command.data.size());
    for (const std::uint8_t byte : command.data) put(byte);
  }
  if (extended) put(command.ne >> 8);
  if (command.ne != 0) put(command.ne);  // 256 and 65536 are written as zeros
}

EncodedCommand::~EncodedCommand() {
  ::explicit_bzero(bytes_.data(), bytes_.size());
}

std::optional<Answer> parse_answer(Bytes response) {
  if (response.size() < 2) return std::nullopt;
  const std::size_t size = response.size() - 2;
  return Answer{.data = to_blob(response.first(size)),
                .status = static_cast<StatusWord>(response[size] << 8 | response[size + 1])};
}

}  // namespace jpki::pkcs11
