// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/announcement.h"

#include "base/place_facts.h"
#include "base/printable.h"

#include <fmt/format.h>
#include <syslog.h>

namespace jpki::ctl {
namespace {

constexpr PlaceSources kPlace{"/proc/self", "/run/systemd/sessions"};

}  // namespace

std::string who_logged_in() {
  const auto login = read_process_facts(kPlace).login;
  return login ? fmt::format("uid:{}", *login) : "unknown";
}

void announce(Weight weight, const std::string& line) {
  ::openlog("jpkictl", LOG_PID, LOG_AUTHPRIV);
  ::syslog(weight == Weight::kWarning ? LOG_WARNING : LOG_NOTICE, "%s", printable(line).c_str());
  ::closelog();
}

void announce_change(const std::string& what, const std::string& where) {
  announce(Weight::kNotice, fmt::format("{} in=\"{}\" by={}", what, where, who_logged_in()));
}

}  // namespace jpki::ctl
