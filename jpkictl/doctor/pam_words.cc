// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/pam_words.h"

#include <algorithm>
#include <charconv>
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
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= range.least &&
         value <= range.most;
}

// The next word, of which "[…]" may hold spaces; empty at the end.
std::string take_word(std::string_view& rest) {
  const auto space = [](char c) { return c == ' ' || c == '\t'; };
  while (!rest.empty() && space(rest.front())) rest.remove_prefix(1);
  std::size_t size = 0;
  if (rest.starts_with('[')) {
    size = std::min(rest.find(']'), rest.size() - 1) + 1;
  } else {
    while (size < rest.size() && !space(rest[size])) ++size;
  }
  std::string word(rest.substr(0, size));
  rest.remove_prefix(size);
  return word;
}

void parse_line(std::string_view text, const std::string& file, unsigned number,
                std::vector<PamLine>& found) {
  text = text.substr(0, text.find('#'));
  PamLine line;
  line.file = file;
  line.line = number;
  line.facility = take_word(text);
  line.control = take_word(text);
  if (line.facility.starts_with('-')) line.facility.erase(0, 1);
  const std::string module = take_word(text);
  if (module.substr(module.rfind('/') + 1) != "pam_jpki.so") return;
  for (std::string word = take_word(text); !word.empty(); word = take_word(text))
    line.options.push_back(std::move(word));
  found.push_back(std::move(line));
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
  std::vector<PamLine> found;
  unsigned number = 0;
  while (!text.empty()) {
    const unsigned first = ++number;
    std::string whole;
    for (;;) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      whole += text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (!whole.ends_with('\\') || text.empty()) break;
      whole.back() = ' ';
      ++number;
    }
    parse_line(whole, file, first, found);
  }
  return found;
}

}  // namespace jpki::ctl::doctor
