// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/relay/journal.h"

#include "base/printable.h"

#include <string>

#include <syslog.h>
#include <unistd.h>

namespace jpki::relay {
namespace {

int priority_of(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return LOG_ERR;
    case LogLevel::kWarning:
      return LOG_WARNING;
    case LogLevel::kNotice:
      return LOG_NOTICE;
    case LogLevel::kInfo:
      return LOG_INFO;
    case LogLevel::kDebug:
      return LOG_DEBUG;
  }
  return LOG_ERR;
}

}  // namespace

void write_to_journal(LogLevel level, std::string_view text) {
  if (level == LogLevel::kDebug) return;
  const std::string line = '<' + std::to_string(priority_of(level)) + '>' + printable(text) + '\n';
  // A log that takes nothing must not keep anybody waiting or out.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace jpki::relay
