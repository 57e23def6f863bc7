// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Line breaks for screens that put a text on one line, however long: what does not fit is not read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace jpki::pam {

// `text` (UTF-8) with line feeds, so that no line is wider than `columns`; a character of Japanese counts
// two. English is broken at spaces, Japanese anywhere, but never before closing marks (JIS X 4051), which
// may stand out. A word that is wider than a line stays whole. What has lines already keeps them.
std::string with_line_breaks(std::string_view text, std::size_t columns);

}  // namespace jpki::pam
