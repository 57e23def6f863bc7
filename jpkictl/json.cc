// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/json.h"

#include "jpkictl/text.h"

#include <fmt/format.h>
#include <unistr.h>

namespace jpki::ctl {
namespace {

// As RFC 8259 7 writes what must not be shown.
std::string escaped(std::uint32_t character) {
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
    std::size_t size = left.front() == '\n' ? 1 : harmless_character(left);
    if (size > 0) {
      out += left.substr(0, size);
    } else {  // within a string; dump() leaves valid UTF-8
      ucs4_t character = 0;
      size = static_cast<std::size_t>(
          ::u8_mbtouc(&character, reinterpret_cast<const std::uint8_t*>(left.data()), left.size()));
      out += escaped(character);
    }
    left.remove_prefix(size);
  }
  return out + "\n";
}

}  // namespace jpki::ctl
