// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/json.h"

#include "jpkictl/text.h"

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

std::size_t character_size(std::string_view valid) {
  const auto first = static_cast<unsigned char>(valid.front());
  return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

// A character of valid UTF-8 that must not be shown; dump() leaves such only within strings.
std::string escaped(std::string_view valid) {
  const std::size_t size = character_size(valid);
  auto character = static_cast<std::uint32_t>(static_cast<unsigned char>(valid.front()));
  if (size > 1) character &= 0xFFU >> (size + 1);
  for (std::size_t i = 1; i < size; ++i)
    character = (character << 6) | (static_cast<unsigned char>(valid[i]) & 0x3FU);
  if (character < 0x10000) return fmt::format("\\u{:04x}", character);
  const std::uint32_t above = character - 0x10000;
  return fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (above >> 10), 0xDC00 + (above & 0x3FF));
}

}  // namespace

std::string print_json(const Json& json) {
  const std::string dumped = json.dump(2, ' ', false, Json::error_handler_t::replace);
  std::string out;
  std::string_view left = dumped;
  while (left.size() > 0) {
    const std::size_t size = left.front() == '\n' ? 1 : harmless_character(left);
    out += size == 0 ? escaped(left) : std::string(left.substr(0, size));
    left.remove_prefix(size == 0 ? character_size(left) : size);
  }
  return out + "\n";
}

}  // namespace jpki::ctl
