// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From a line of the self-check (validator/check_report.h) to a finding: what it advises becomes the remedy.
#pragma once

#include "jpkictl/doctor/facts.h"
#include "jpkictl/doctor/finding.h"

#include <optional>
#include <string>
#include <string_view>

namespace jpki::ctl::doctor {

// The texts of errors end with "; run: COMMAND", or begin with "FILE:LINE: " of a file in which # begins a
// comment. Empty when a text does neither.
std::string command_in(std::string_view text);

// The words of the administrator for one subject.
struct Subject {
  std::string_view name;  // one of jpki::subject
  Sentence fine;
  Sentence wrong;
  Remedy otherwise = {};        // where the line of the check names no command
  bool warnings_count = false;  // else only what refuses logins is bad
  bool tells_line = true;       // false: the line may name an account
};

// The first line of the check that is wrong; could-not-tell when the check did not run.
Finding judge_subject(const Facts& facts, const Subject& subject);

}  // namespace jpki::ctl::doctor
