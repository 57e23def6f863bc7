// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What every sub-command gets from main(), and what it gives back.
#pragma once

#include "base/safe_file.h"
#include "base/time.h"
#include "base/verdict.h"

#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::ctl {

// What scripts ask: is it good, is it bad, or could it not be told (a file is missing, the configuration is
// wrong)? kUsage, as in sysexits.h: the command line itself is wrong.
enum class ExitStatus { kGood = 0, kBad = 1, kCouldNotTell = 2, kUsage = 64 };
ExitStatus status_of(Verdict verdict) noexcept;

// Asks the person at the terminal; nothing when there is none, or no answer came.
using Ask = std::function<std::optional<std::string>(const std::string& question)>;

struct Context {
  std::FILE* out;
  std::FILE* err;
  Time now;
  Ask ask;
  // Becomes the user that logins run as: the owner of their memory, and nobody whom a hostile file could
  // use. Files of the command line are read before, and decoded after.
  std::function<Expected<Unit, std::string>()> become_helper = {};
  FileTrust trust = {};          // of the installation's files; tests own theirs
  std::string config_file = {};  // --config
  bool json = false;             // --json

  void print(std::string_view text) const;
  // "jpkictl: TEXT" on the error stream; the text names the next step.
  ExitStatus could_not_tell(std::string_view text) const;
  // The same about the command line.
  ExitStatus wrong_usage(std::string_view text) const;
  // "jpkictl: warning: …", one line each: auxiliary files that were passed over, as a login does.
  void warn(const std::vector<std::string>& passed_over) const;
};

// A line at /dev/tty, so that standard input may be a certificate.
std::optional<std::string> ask_at_terminal(const std::string& question);
// Whether there is one at all.
bool has_terminal();

}  // namespace jpki::ctl
