// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/config/session_policy.h"

namespace jpki::config {

std::string_view name_of(Removal removal) noexcept {
  switch (removal) {
    case Removal::kNone:
      return "none";
    case Removal::kLock:
      return "lock";
    case Removal::kLogoff:
      return "logoff";
  }
  return "unknown";
}

std::optional<Removal> removal_from(std::string_view name) noexcept {
  for (const Removal removal : {Removal::kNone, Removal::kLock, Removal::kLogoff})
    if (name == name_of(removal)) return removal;
  return std::nullopt;
}

}  // namespace jpki::config
