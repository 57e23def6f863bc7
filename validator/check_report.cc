// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/check_report.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki {
namespace {

std::string text_of(const CheckReport::Line& line) {
  switch (line.kind) {
    case CheckReport::Line::Kind::kGood:
      return line.text + "\n";
    case CheckReport::Line::Kind::kWarning:
      return "warning: " + line.text + "\n";
    case CheckReport::Line::Kind::kError:
      return fmt::format("error: {} {}\n", code_of(line.verdict), line.text);
  }
  return {};
}

}  // namespace

std::size_t CheckReport::count(Line::Kind kind) const {
  return static_cast<std::size_t>(std::ranges::count(lines_, kind, &Line::kind));
}

std::string CheckReport::text() const {
  std::string all;
  for (const Line& line : lines_) all += text_of(line);
  return all +
         fmt::format("{} error(s), {} warning(s)\n", count(Line::Kind::kError), count(Line::Kind::kWarning));
}

}  // namespace jpki
