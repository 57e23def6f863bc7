// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/report.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl::doctor {
namespace {

constexpr std::size_t kIdWidth = 16;

const char* word_for(State state) {
  switch (state) {
    case State::kGood:
      return N_("good");
    case State::kBad:
      return N_("BAD");
    case State::kCouldNotTell:
      return N_("unknown");
  }
  return "";
}

// As wide as the widest of its language, in columns of a terminal: Japanese characters take two, and three
// bytes.
std::string padded(const std::string& word, std::size_t columns) {
  const bool wide = static_cast<unsigned char>(word.front()) >= 0x80;
  const std::size_t width = wide ? word.size() / 3 * 2 : word.size();
  return word + std::string(columns - std::min(width, columns), ' ');
}

std::string line_of(const Finding& finding, const Words& words) {
  return fmt::format("{:<{}} {}  {}: {}\n", finding.link, kIdWidth, padded(words(word_for(finding.state)), 7),
                     words(link_of(finding).title), words(finding.seen));
}

std::string remedy_of(const Finding& finding, const Words& words) {
  std::string text;
  if (!finding.detail.empty()) text += "  " + finding.detail + "\n";
  if (!finding.remedy.command.empty())
    text += fmt::format("{}\n  {}\n", words(N_("To mend it, type as root:")), finding.remedy.command);
  if (!finding.remedy.advice.empty())
    text += (finding.remedy.command.empty() ? words(N_("What to do: ")) : words(N_("Note: "))) +
            words(finding.remedy.advice) + "\n";
  return text;
}

// What to look at: the first bad link, else the first that could not be told.
const Finding* first_to_look_at(const std::vector<Finding>& findings) {
  if (const Finding* first = first_bad(findings)) return first;
  const auto unknown = std::ranges::find(findings, State::kCouldNotTell, &Finding::state);
  return unknown == findings.end() ? nullptr : &*unknown;
}

}  // namespace

ExitStatus status_of(const std::vector<Finding>& findings) {
  if (first_bad(findings) != nullptr) return ExitStatus::kBad;
  return first_to_look_at(findings) == nullptr ? ExitStatus::kGood : ExitStatus::kCouldNotTell;
}

std::string text_of(const std::vector<Finding>& findings, const std::optional<ExplainedCode>& code,
                    const Words& words) {
  std::string text;
  if (code) text += to_text(*code) + "\n";
  for (const Finding& finding : findings) text += line_of(finding, words);
  const Finding* first = first_to_look_at(findings);
  if (first == nullptr) return text + "\n" + words(N_("Nothing is wrong.")) + "\n";
  const bool is_bad = first->state == State::kBad;
  text += fmt::format("\n{}\n  {}: {}\n",
                      is_bad ? words(N_("Look at this first:"))
                             : words(N_("Nothing is wrong as far as could be seen. Not seen:")),
                      words(link_of(*first).title), words(first->seen));
  text += remedy_of(*first, words);
  if (is_bad)
    text += words(N_("Then run this again: what comes after it may have had the same cause.")) + "\n";
  return text;
}

Json json_of(const std::vector<Finding>& findings, const std::optional<ExplainedCode>& code) {
  const Finding* first = first_bad(findings);
  Json json{{"state", name_of(first != nullptr                        ? State::kBad
                              : first_to_look_at(findings) != nullptr ? State::kCouldNotTell
                                                                      : State::kGood)},
            {"first", first == nullptr ? Json() : Json(first->link)},
            {"links", Json::array()}};
  if (code) json["code"] = to_json(*code);
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  for (const Finding& finding : findings)
    json["links"].push_back({{"link", finding.link},
                             {"title", link_of(finding).title},
                             {"state", name_of(finding.state)},
                             {"seen", english(finding.seen)},
                             {"detail", or_null(finding.detail)},
                             {"command", or_null(finding.remedy.command)},
                             {"advice", or_null(english(finding.remedy.advice))},
                             {"because", or_null(std::string(finding.because))}});
  return json;
}

}  // namespace jpki::ctl::doctor
