// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/map/map_lines.h"

#include "base/ascii_case.h"
#include "base/mapping/mapping_text.h"
#include "base/trimmed.h"

#include <algorithm>
#include <cstring>

namespace jpki::map {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::uint64_t kLowerCase = 0x2020202020202020;  // leaves decimal digits as they are

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Unexpected<WrongLine> wrong(std::string cause) {
  return Unexpected{WrongLine{0, std::move(cause)}};
}

std::uint64_t word_at(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

}  // namespace

Expected<std::optional<Binding>, WrongLine> parse_line(std::string_view line) {
  if (line.size() >= kLineLimit) return wrong("a line of " + std::to_string(kLineLimit) + " bytes or more");
  line = trimmed(line);
  if (line.empty() || line.starts_with('#')) return std::optional<Binding>();
  const auto end = line.find_first_of(kBlanks);
  if (end == std::string_view::npos)
    return wrong("not a mapping string; write: ACCOUNT X509:<SKI>subject key identifier");
  auto mapping = mapping::canonical_mapping(trimmed(line.substr(end)));
  if (!mapping) return wrong(mapping.error());
  const std::string_view account = line.substr(0, end);
  if (has_control_characters(account) || has_control_characters(*mapping))
    return wrong("control characters; write plain text");
  return std::optional(Binding{0, std::string(account), std::move(*mapping)});
}

LineSearch::Tail LineSearch::tail_of(std::string_view mapping) {
  const auto before = mapping.find_last_not_of(kDigits);  // npos + 1 is 0
  const std::size_t count = std::min(mapping.size() - (before + 1), sizeof(std::uint64_t));
  char digits[sizeof(std::uint64_t)] = {};
  char mask[sizeof(std::uint64_t)] = {};
  std::memcpy(digits + sizeof digits - count, mapping.data() + mapping.size() - count, count);
  std::memset(mask + sizeof mask - count, 0xff, count);
  return {(word_at(digits) | kLowerCase) & word_at(mask), word_at(mask)};
}

// A line is no shorter than its canonical string, an account of one letter and a blank.
LineSearch::LineSearch(std::vector<std::string> mappings)
    : mappings_(std::move(mappings)), shortest_(kLineLimit) {
  for (const std::string& mapping : mappings_) {
    tails_.push_back(tail_of(mapping));
    shortest_ = std::min(shortest_, mapping.size() + 2);
  }
  shortest_ = std::max(shortest_, sizeof(std::uint64_t));
}

// `text` has a word of bytes at least, and may begin before the line.
bool LineSearch::may_end(std::string_view text) const {
  std::size_t end = text.size();
  while (end > sizeof(std::uint64_t) && is_space(text[end - 1])) --end;
  const std::uint64_t word = word_at(text.data() + end - sizeof(std::uint64_t)) | kLowerCase;
  return std::ranges::any_of(tails_, [word](const Tail& tail) { return (word & tail.mask) == tail.digits; });
}

// Lines that are too short are stepped over with the next one: what matters is where a line ends.
Expected<Unit, WrongLine> LineSearch::add(std::string_view lines, std::size_t offset,
                                          std::vector<Binding>& found) const {
  for (std::size_t next = 0; next + shortest_ <= lines.size();) {
    const std::size_t end = std::min(lines.find('\n', next + shortest_), lines.size());
    next = end + 1;
    if (!may_end(lines.substr(0, end))) continue;
    const std::size_t begin = lines.rfind('\n', end - 1) + 1;  // npos + 1 is 0
    const std::string_view line = lines.substr(begin, end - begin);
    if (trimmed(line).size() < shortest_) continue;
    auto binding = parse_line(line);
    if (!binding) return Unexpected{WrongLine{offset + begin, std::move(binding.error().cause)}};
    if (!*binding || std::ranges::find(mappings_, (*binding)->mapping) == mappings_.end()) continue;
    (*binding)->offset = offset + begin;
    found.push_back(std::move(**binding));
  }
  return Unit{};
}

}  // namespace jpki::map
