// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/relay/journal.h"

#include "base/log_priority.h"
#include "base/printable.h"

#include <string>

#include <unistd.h>

namespace jpki::relay {

void write_to_journal(LogLevel level, std::string_view text) {
  if (level == LogLevel::kDebug) return;
  const std::string line = '<' + std::to_string(log_priority(level)) + '>' + printable(text) + '\n';
  // A log that takes nothing must not keep anybody waiting or out.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace jpki::relay
