// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/log.h"

#include "base/printable.h"

#include <security/pam_ext.h>
#include <syslog.h>

namespace jpki::pam {
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

void Log::write(LogLevel level, std::string_view text) const {
  if (level == LogLevel::kDebug && !debug_) return;
  ::pam_syslog(handle_, priority_of(level), "%s", printable(text).c_str());
}

}  // namespace jpki::pam
