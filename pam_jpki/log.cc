// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/log.h"

#include "base/log_priority.h"
#include "base/printable.h"
#include "pam_jpki/fork_guard.h"

#include <security/pam_ext.h>

namespace jpki::pam {

void Log::write(LogLevel level, std::string_view text) const {
  if (level == LogLevel::kDebug && !debug_) return;
  const std::string line = printable(text);
  const ForkGuard guard;
  ::pam_syslog(handle_, log_priority(level), "%s", line.c_str());
}

}  // namespace jpki::pam
