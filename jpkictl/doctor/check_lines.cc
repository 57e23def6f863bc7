// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/check_lines.h"

#include "jpkictl/doctor/file_rules.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl::doctor {
namespace {

using Kind = CheckReport::Line::Kind;

constexpr std::string_view kRun = "run: ";

// "FILE:LINE: …"
std::string comment_out(std::string_view text) {
  const std::size_t file = text.find(':');
  if (file == std::string_view::npos || !text.starts_with('/')) return {};
  const std::size_t end = text.find(':', file + 1);
  if (end == std::string_view::npos) return {};
  const std::string_view line = text.substr(file + 1, end - file - 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (line.empty() || line == "0" || !std::ranges::all_of(line, is_digit)) return {};
  return fmt::format("sed -i '{}s/^/#/' {}", line, shell_word(std::string(text.substr(0, file))));
}

}  // namespace

std::string command_in(std::string_view text) {
  const std::size_t at = text.rfind(kRun);
  if (at == std::string_view::npos) return comment_out(text);
  std::string_view command = text.substr(at + kRun.size());
  // "; it was skipped", "; logins work without it": what follows the command is not part of it.
  return std::string(command.substr(0, std::min(command.find("; "), command.find(", or "))));
}

Finding judge_subject(const Facts& facts, const Subject& subject) {
  if (!facts.check)
    return could_not_tell(facts.root ? Sentence{N_("the check of the installation did not end")}
                                     : Sentence{N_("only root can check this")},
                          {}, facts.check_problem);
  for (const CheckReport::Line& line : *facts.check) {
    if (line.subject != subject.name || line.kind == Kind::kGood) continue;
    if (line.kind == Kind::kWarning && !subject.warnings_count) continue;
    Remedy remedy = subject.otherwise;
    if (std::string command = command_in(line.text); !command.empty()) remedy.command = std::move(command);
    return bad(subject.wrong, std::move(remedy), subject.tells_line ? line.text : std::string());
  }
  return good(subject.fine);
}

}  // namespace jpki::ctl::doctor
