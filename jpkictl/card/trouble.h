// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Why a sub-command did not do what it was asked for.
#pragma once

#include "base/verdict.h"
#include "jpkictl/context.h"

#include <optional>
#include <string>

namespace jpki::ctl::card {

struct Trouble {
  ExitStatus status;                        // kBad: refused; kCouldNotTell
  std::string text;                         // cause and next step, in the caller's language
  std::optional<Verdict> verdict = {};      // where a login would have said so
  std::optional<unsigned> tries_left = {};  // of the PIN, where one was tried
};

inline Trouble refused(std::string text) {
  return {ExitStatus::kBad, std::move(text)};
}
inline Trouble could_not(std::string text) {
  return {ExitStatus::kCouldNotTell, std::move(text)};
}

}  // namespace jpki::ctl::card
