// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a self-check found, in the order in which it looked.
#pragma once

#include "base/verdict.h"

#include <string>
#include <vector>

namespace jpki {

class CheckReport {
 public:
  struct Line {
    enum class Kind {
      kGood,
      kWarning,  // logins go on, but not as the administrator may think
      kError,    // logins are refused
    };
    Kind kind;
    Verdict verdict;  // of errors
    std::string text;
  };

  void error(Verdict verdict, std::string text) { add(Line::Kind::kError, verdict, std::move(text)); }
  void warning(std::string text) { add(Line::Kind::kWarning, Verdict::kAccepted, std::move(text)); }
  void good(std::string text) { add(Line::Kind::kGood, Verdict::kAccepted, std::move(text)); }

  const std::vector<Line>& lines() const { return lines_; }
  std::size_t count(Line::Kind kind) const;
  bool has_errors() const { return count(Line::Kind::kError) != 0; }
  // A line each, "error: JPKI-602 …" and "warning: …", then "1 error(s), 2 warning(s)".
  std::string text() const;

 private:
  void add(Line::Kind kind, Verdict verdict, std::string text) {
    lines_.push_back({kind, verdict, std::move(text)});
  }

  std::vector<Line> lines_;
};

}  // namespace jpki
