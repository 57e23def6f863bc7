// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/setup/difference.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace jpki::ctl::setup {
namespace {

constexpr std::size_t kAround = 3;
constexpr std::size_t kMostLines = 4000;  // above, a file is shown as replaced

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

struct Edit {
  char sign;  // ' ', '-', '+'
  std::string_view line;
};

// The longest common subsequence of lines, by the table of lengths.
std::vector<Edit> edits_between(const Lines& a, const Lines& b) {
  std::vector<Edit> edits;
  if (a.size() > kMostLines || b.size() > kMostLines) {
    for (const auto line : a) edits.push_back({'-', line});
    for (const auto line : b) edits.push_back({'+', line});
    return edits;
  }
  std::vector<std::vector<unsigned>> common(a.size() + 1, std::vector<unsigned>(b.size() + 1));
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t j = b.size(); j-- > 0;)
      common[i][j] = a[i] == b[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      edits.push_back({' ', a[i++]});
      ++j;
    } else if (i < a.size() && (j == b.size() || common[i + 1][j] >= common[i][j + 1])) {
      edits.push_back({'-', a[i++]});
    } else {
      edits.push_back({'+', b[j++]});
    }
  }
  return edits;
}

std::string range(std::size_t first, std::size_t count) {
  if (count == 0) return fmt::format("{},0", first);
  return count == 1 ? fmt::format("{}", first + 1) : fmt::format("{},{}", first + 1, count);
}

struct Counts {
  std::size_t from = 0;
  std::size_t to = 0;

  void add(char sign) {
    if (sign != '+') ++from;
    if (sign != '-') ++to;
  }
};

}  // namespace

std::string unified_difference(const std::string& from_name, const std::string& from,
                               const std::string& to_name, const std::string& to) {
  const std::vector<Edit> edits = edits_between(lines_of(from), lines_of(to));
  const auto is_changed = [](const Edit& edit) { return edit.sign != ' '; };
  std::string text;
  Counts before;
  std::size_t at = 0;
  for (;;) {
    const auto next = std::find_if(edits.begin() + static_cast<std::ptrdiff_t>(at), edits.end(), is_changed);
    if (next == edits.end()) break;
    const std::size_t change = static_cast<std::size_t>(next - edits.begin());
    const std::size_t begin = std::max(at, change < kAround ? 0 : change - kAround);
    // Up to where more than twice the surroundings are unchanged.
    std::size_t end = change + 1;
    for (std::size_t i = end; i < edits.size() && i <= end + 2 * kAround; ++i)
      if (is_changed(edits[i])) end = i + 1;
    const std::size_t last = std::min(end + kAround, edits.size());
    for (; at < begin; ++at) before.add(edits[at].sign);
    Counts hunk;
    std::string lines;
    for (; at < last; ++at) {
      hunk.add(edits[at].sign);
      lines += edits[at].sign;
      lines += edits[at].line;
      if (!edits[at].line.ends_with('\n')) lines += "\n\\ No newline at end of file\n";
    }
    text += fmt::format("@@ -{} +{} @@\n", range(before.from, hunk.from), range(before.to, hunk.to)) + lines;
    before.from += hunk.from;
    before.to += hunk.to;
  }
  return text.empty() ? text : fmt::format("--- {}\n+++ {}\n", from_name, to_name) + text;
}

std::string difference_of(const Change& change) {
  using Kind = FileState::Kind;
  const auto name = [&](const FileState& state) {
    return state.kind == Kind::kAbsent ? std::string("/dev/null") : change.path;
  };
  std::string text = unified_difference(name(change.before), change.before.content, name(change.after),
                                        change.after.content);
  const bool both = change.before.kind != Kind::kAbsent && change.after.kind != Kind::kAbsent;
  if (both && (change.before.owner != change.after.owner || change.before.group != change.after.group ||
               change.before.mode != change.after.mode))
    text += fmt::format("{}: {}:{} {:04o} -> {}:{} {:04o}\n", change.path, change.before.owner,
                        change.before.group, change.before.mode, change.after.owner, change.after.group,
                        change.after.mode);
  return text;
}

}  // namespace jpki::ctl::setup
