// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One session that is watched, and what is expected of a Watch, in words.
#pragma once

#include "guard/watch.h"
#include "tests/unit/support/check_main.h"

#include <sstream>

namespace jpki::guard {

using namespace std::chrono_literals;
using config::Removal;

constexpr char kReader[] = "Reader 00 00";

inline std::string text_of(const Actions& actions) {
  std::ostringstream out;
  for (const Action& action : actions) {
    static constexpr const char* kNames[] = {"prove", "warn", "lock", "terminate"};
    out << kNames[static_cast<int>(action.what)] << ' ' << action.session
        << (action.lock_failed ? " failed" : "") << ';';
  }
  return out.str();
}

inline void expect(const Actions& actions, const char* expected) {
  const std::string text = text_of(actions);
  ck_assert_str_eq(text.c_str(), expected);
}

inline std::vector<Reader> reader(bool card, std::uint32_t events) {
  return {{kReader, card, events}, {"Other 00 00", true, 7}};
}

inline CardSession desktop(const std::string& id = "c1") {
  return {.id = id, .reader = kReader, .lockable = true};
}

inline CardSession console(const std::string& id = "c1") {
  return {.id = id, .reader = kReader};
}

// A session that is watched from its login at 0 s on, its card in the reader.
struct Site {
  explicit Site(const CardSession& session = desktop(), Removal removal = Removal::kLock)
      : watch({.removal = removal, .grace = 5s}) {
    expect(watch.readers(reader(true, 1), 0s), "");
    expect(watch.opened(session, true, 0s), "");
    ck_assert(!watch.next());
  }
  Watch watch;
};

}  // namespace jpki::guard
