// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/map_text.h"

#include <algorithm>

namespace jpki::ctl::card {
namespace {

constexpr std::string_view kSpace = " \t\r";

// One behind the line's end.
std::size_t end_of_line(std::string_view text, std::size_t offset) {
  const auto end = text.find('\n', offset);
  return end == std::string_view::npos ? text.size() : end + 1;
}

}  // namespace

bool is_account_word(std::string_view account) {
  return !account.empty() && account.front() != '#' && std::ranges::none_of(account, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f;
  });
}

std::string with_line(std::string_view text, std::string_view account, std::string_view mapping) {
  std::string out(text);
  if (!out.empty() && out.back() != '\n') out += '\n';
  return out.append(account).append(" ").append(mapping).append("\n");
}

std::string without_lines(std::string_view text, std::span<const std::size_t> offsets) {
  std::string out;
  std::size_t kept = 0;
  for (const std::size_t offset : offsets) {
    out += text.substr(kept, offset - kept);
    kept = end_of_line(text, offset);
  }
  return out.append(text.substr(kept));
}

std::string with_account(std::string_view text, std::span<const std::size_t> offsets,
                         std::string_view account) {
  std::string out;
  std::size_t kept = 0;
  for (const std::size_t offset : offsets) {
    const std::size_t begin = text.find_first_not_of(kSpace, offset);
    out.append(text.substr(kept, begin - kept)).append(account);
    kept = std::min(text.find_first_of(kSpace, begin), text.size());
  }
  return out.append(text.substr(kept));
}

std::size_t number_of_line(std::string_view text, std::size_t offset) {
  return 1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, offset), '\n'));
}

}  // namespace jpki::ctl::card
