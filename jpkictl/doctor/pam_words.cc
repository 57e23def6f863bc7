// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/pam_words.h"

#include "base/number.h"
#include "jpkictl/pam/pam_file.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace jpki::ctl::doctor {
namespace {

constexpr std::string_view kFlags[] = {"debug",
                                       "quiet",
                                       "use_first_pass",
                                       "try_first_pass",
                                       "ignore_unknown_user",
                                       "ignore_authinfo_unavail",
                                       "allow_remote",
                                       "remote_seats",
                                       "same_card",
                                       "presence",
                                       "recent",
                                       "register",
                                       "emergency",
                                       "only_unnamed"};

struct Numbers {
  std::string_view name;
  std::uint32_t least;
  std::uint32_t most;
};
constexpr Numbers kNumbers[] = {{"wait_for_card", 0, 3600},
                                {"timeout", 1, 600},
                                {"min_uid", 0, std::numeric_limits<std::uint32_t>::max() - 1}};

struct Choice {
  std::string_view name;
  std::vector<std::string_view> values;
};

const std::vector<Choice>& choices() {
  static const std::vector<Choice> all{
      {"lang", {"ja", "en", "auto"}}, {"where_unknown", {"local", "remote"}}, {"screen", {}}};
  return all;
}

bool is_number(std::string_view text, const Numbers& range) {
  const auto value = whole_number<std::uint32_t>(text);
  return value && *value >= range.least && *value <= range.most;
}

}  // namespace

PamWord judge_pam_word(std::string_view word) {
  if (std::ranges::find(kFlags, word) != std::end(kFlags)) return PamWord::kKnown;
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) return PamWord::kUnknown;
  const std::string_view name = word.substr(0, equals);
  const std::string_view value = word.substr(equals + 1);
  const auto judged = [](bool fits) { return fits ? PamWord::kKnown : PamWord::kBadValue; };
  for (const Numbers& range : kNumbers)
    if (range.name == name) return judged(is_number(value, range));
  for (const Choice& choice : choices())
    if (choice.name == name)
      return judged(choice.values.empty() || std::ranges::find(choice.values, value) != choice.values.end());
  if (name == "config_file") return judged(value.starts_with('/'));
  return PamWord::kUnknown;
}

std::vector<PamLine> parse_pam_file(std::string_view text, const std::string& file) {
  constexpr std::size_t kBeforeOptions = 3;
  std::vector<PamLine> found;
  for (pam::PamFileLine& line : pam::lines_of_pam_file(text, file)) {
    if (line.words.size() < kBeforeOptions) continue;
    const std::string& module = line.words[2];
    if (module.substr(module.rfind('/') + 1) != "pam_jpki.so") continue;
    std::string& facility = line.words[0];
    if (facility.starts_with('-')) facility.erase(0, 1);
    PamLine one{line.file, line.line, std::move(facility), std::move(line.words[1]), {}};
    for (std::size_t i = kBeforeOptions; i < line.words.size(); ++i)
      one.options.push_back(std::move(line.words[i]));
    found.push_back(std::move(one));
  }
  return found;
}

}  // namespace jpki::ctl::doctor
