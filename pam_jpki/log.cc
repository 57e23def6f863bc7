// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/log.h"

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

bool is_c1(std::string_view text, std::size_t i) {
  if (text[i] != '\xC2' || i + 1 == text.size()) return false;
  const auto second = static_cast<unsigned char>(text[i + 1]);
  return second >= 0x80 && second <= 0x9F;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (is_c1(text, i)) {
      out.push_back('?');
      ++i;
    } else {
      out.push_back(byte < 0x20 || byte == 0x7F ? '?' : text[i]);
    }
  }
  return out;
}

void Log::write(LogLevel level, std::string_view text) const {
  if (level == LogLevel::kDebug && !debug_) return;
  ::pam_syslog(handle_, priority_of(level), "%s", printable(text).c_str());
}

}  // namespace jpki::pam
