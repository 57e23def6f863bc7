// SPDX-License-Identifier: LGPL-2.1-or-later
//
// [session]: what becomes of a session when the card that opened it is taken away (R16).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace jpki::config {

enum class Removal {
  kNone,
  kLock,    // one that is not obeyed becomes a log-off
  kLogoff,  // the session is ended
};
std::string_view name_of(Removal removal) noexcept;
std::optional<Removal> removal_from(std::string_view name) noexcept;

struct SessionPolicy {
  Removal removal = Removal::kLock;
  std::chrono::seconds grace{5};  // how long the card may be away
  bool operator==(const SessionPolicy&) const = default;
};

}  // namespace jpki::config
