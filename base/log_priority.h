// SPDX-License-Identifier: LGPL-2.1-or-later
//
// LogLevel (protocol.h) in the words of syslog(3).
#pragma once

#include "base/protocol.h"

#include <syslog.h>

namespace jpki {

constexpr int log_priority(LogLevel level) {
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

}  // namespace jpki
