// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Why a sub-command did not do what it was asked for, and how that is told.
#pragma once

#include "base/expected.h"
#include "base/verdict.h"
#include "jpkictl/context.h"
#include "jpkictl/json.h"

#include <optional>
#include <string>

namespace jpki::ctl {

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

// "jpkictl: TEXT"; with --json also the object, with `result` and, where there is one, a code.
ExitStatus tell(const Trouble& trouble, const Context& context, Json about = Json::object());
// Whether a change is meant: asked at the terminal unless `yes`.
Expected<Unit, Trouble> confirm_change(const std::string& question, bool yes, const Context& context);

}  // namespace jpki::ctl
