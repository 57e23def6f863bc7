// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl explain [CODE…]
#include "jpkictl/explain.h"

#include "base/ascii_case.h"
#include "jpkictl/problem_explanations.h"
#include "jpkictl/program.h"
#include "jpkictl/text.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

constexpr std::uint16_t kFirstOfPrograms = 700;  // jpki-crl-refresh, nss-ad-refresh
constexpr std::uint16_t kLastOfPrograms = 899;

using Entry = ExplainedCode;

// Whether `word` is "JPKI-307", "307" or "anchor-retired", in any case.
bool names(std::string word, const Entry& entry) {
  word = to_lower(word);
  const std::string number = entry.code.substr(entry.code.find('-') + 1);
  return word == entry.name || word == number || word == "jpki-" + number;
}

ExitStatus list_all(const Context& context) {
  auto json = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const Entry& entry : all_codes()) {
    json.push_back(to_json(entry));
    rows.push_back({entry.code, entry.name, entry.explanation.meaning});
  }
  context.print(context.json ? print_json(json) : table(rows));
  return ExitStatus::kGood;
}

ExitStatus explain(const std::vector<std::string>& codes, const Context& context) {
  if (codes.empty()) return list_all(context);
  auto json = Json::array();
  std::string text;
  for (const std::string& code : codes) {
    const auto entry = find_code(code);
    if (!entry)
      return context.could_not_tell(
          fmt::format("\"{}\" is not a code; to list all codes, run: jpkictl explain", code));
    json.push_back(to_json(*entry));
    text += to_text(*entry);
  }
  context.print(context.json ? print_json(json) : text);
  return ExitStatus::kGood;
}

}  // namespace

std::vector<ExplainedCode> all_codes() {
  std::vector<Entry> entries;
  for (const Verdict verdict : all_verdicts())
    entries.push_back({code_of(verdict), std::string(name_of(verdict)), explanation_of(verdict)});
  for (std::uint16_t number = kFirstOfPrograms; number <= kLastOfPrograms; ++number) {
    if (const auto problem = problem_explanation(number))
      entries.push_back({fmt::format("JPKI-{}", number), problem->name, problem->explanation});
  }
  return entries;
}

std::optional<ExplainedCode> find_code(const std::string& word) {
  const std::vector<Entry> entries = all_codes();
  const auto entry = std::ranges::find_if(entries, [&](const Entry& one) { return names(word, one); });
  return entry == entries.end() ? std::nullopt : std::optional(*entry);
}

Json to_json(const ExplainedCode& entry) {
  return {{"code", entry.code},
          {"name", entry.name},
          {"meaning", entry.explanation.meaning},
          {"cause", entry.explanation.cause},
          {"next_step", entry.explanation.next_step}};
}

std::string to_text(const ExplainedCode& entry) {
  return fmt::format("{} {}\n  meaning    {}\n  cause      {}\n  next step  {}\n", entry.code, entry.name,
                     entry.explanation.meaning, entry.explanation.cause, entry.explanation.next_step);
}

void add_explain(const Command& jpkictl) {
  const auto [command, codes] =
      jpkictl.add("explain", "What a code means, what causes it, what to do", explain);
  command.option("CODE", *codes, "JPKI-307, 307 or anchor-retired; without any, all codes are listed");
}

}  // namespace jpki::ctl
