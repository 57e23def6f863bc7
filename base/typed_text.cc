// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/typed_text.h"

#include "base/trimmed.h"

#include <algorithm>
#include <iterator>

namespace jpki {

std::optional<std::uint8_t> wide_digit(std::string_view text) noexcept {
  if (text.size() < kWideDigitSize || text[0] != '\xEF' || text[1] != '\xBC' || text[2] < '\x90' ||
      text[2] > '\x99')
    return std::nullopt;
  return static_cast<std::uint8_t>('0' + (text[2] - '\x90'));
}

bool is_yes(std::string_view typed) noexcept {
  static constexpr std::string_view kWords[] = {"yes",  "Yes", "YES",    "はい",
                                                "ハイ", "hai", "ｙｅｓ", "ＹＥＳ"};
  return std::ranges::find(kWords, trimmed(typed, kTypedBlanks)) != std::end(kWords);
}

}  // namespace jpki
