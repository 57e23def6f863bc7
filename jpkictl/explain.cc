// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl explain [CODE…]
#include "jpkictl/explanations.h"
#include "jpkictl/program.h"
#include "jpkictl/text.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace jpki::ctl {
namespace {

nlohmann::ordered_json to_json(Verdict verdict) {
  const Explanation explanation = explanation_of(verdict);
  return {{"code", code_of(verdict)},
          {"name", std::string(name_of(verdict))},
          {"meaning", explanation.meaning},
          {"cause", explanation.cause},
          {"next_step", explanation.next_step}};
}

std::string to_text(Verdict verdict) {
  const Explanation explanation = explanation_of(verdict);
  return fmt::format("{} {}\n  meaning    {}\n  cause      {}\n  next step  {}\n", code_of(verdict),
                     name_of(verdict), explanation.meaning, explanation.cause, explanation.next_step);
}

ExitStatus list_all(const Context& context) {
  auto json = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  for (const Verdict verdict : all_verdicts()) {
    json.push_back(to_json(verdict));
    rows.push_back({code_of(verdict), std::string(name_of(verdict)), explanation_of(verdict).meaning});
  }
  context.print(context.json ? json.dump(2) + "\n" : table(rows));
  return ExitStatus::kGood;
}

ExitStatus explain(const std::vector<std::string>& codes, const Context& context) {
  if (codes.empty()) return list_all(context);
  auto json = nlohmann::ordered_json::array();
  std::string text;
  for (const std::string& code : codes) {
    const auto verdict = verdict_named(code);
    if (!verdict)
      return context.could_not_tell(
          fmt::format("\"{}\" is no code; jpkictl explain lists all of them", code));
    json.push_back(to_json(*verdict));
    text += to_text(*verdict);
  }
  context.print(context.json ? json.dump(2) + "\n" : text);
  return ExitStatus::kGood;
}

}  // namespace

void add_explain(CLI::App& app, Action& chosen) {
  auto* command = app.add_subcommand("explain", "What a code means, how it comes about, what to do");
  const auto codes = std::make_shared<std::vector<std::string>>();
  command->add_option("CODE", *codes, "JPKI-307, 307 or anchor-retired; none: all of them");
  command->callback(
      [codes, &chosen] { chosen = [codes](const Context& context) { return explain(*codes, context); }; });
}

}  // namespace jpki::ctl
