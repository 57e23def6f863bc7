// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/pam/pam_file.h"

#include "base/text_lines.h"
#include "base/trimmed.h"

#include <algorithm>

namespace jpki::ctl::pam {
namespace {

bool is_blank(char c) {
  return kBlanks.find(c) != std::string_view::npos;
}

// The next word; empty at the end.
std::string take_word(std::string_view& rest) {
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  std::size_t size = 0;
  if (rest.starts_with('[')) {
    while (size < rest.size() && (rest[size] != ']' || rest[size - 1] == '\\')) ++size;
    size = std::min(size + 1, rest.size());
  } else {
    while (size < rest.size() && !is_blank(rest[size])) ++size;
  }
  std::string word(rest.substr(0, size));
  rest.remove_prefix(size);
  return word;
}

// Adds a part to `whole`; whether the next one belongs to it.
bool join(std::string_view part, std::string& whole) {
  const std::size_t comment = part.find('#');
  part = part.substr(0, comment);
  while (!part.empty() && is_blank(part.back())) part.remove_suffix(1);
  const bool more = comment == std::string_view::npos && part.ends_with('\\');
  if (more) part.remove_suffix(1);
  whole.append(part).append(" ");
  return more;
}

}  // namespace

std::string_view without_brackets(std::string_view word) {
  if (!word.starts_with('[')) return word;
  word.remove_prefix(1);
  if (word.ends_with(']')) word.remove_suffix(1);
  return word;
}

std::vector<PamFileLine> lines_of_pam_file(std::string_view text, const std::string& file) {
  std::vector<PamFileLine> found;
  for (unsigned number = 1; !text.empty(); ++number) {
    PamFileLine line{file, number, {}};
    std::string whole;
    while (join(take_line(text), whole) && !text.empty()) ++number;
    std::string_view rest = whole;
    for (std::string word = take_word(rest); !word.empty(); word = take_word(rest))
      line.words.push_back(std::move(word));
    if (!line.words.empty()) found.push_back(std::move(line));
  }
  return found;
}

}  // namespace jpki::ctl::pam
