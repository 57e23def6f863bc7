// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Text by lines.
#pragma once

#include <algorithm>
#include <string_view>

namespace jpki {

// Takes the first line, without its newline, off `text`, which is empty after the last one. A last line needs
// no newline.
inline std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace jpki
