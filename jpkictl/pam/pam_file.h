// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The lines of a file of /etc/pam.d, as libpam joins and splits them (pam.conf(5)): a "\" at the end joins a
// line with the next one, "#" begins a comment, which ends the line whatever stands behind it, and "[…]" is
// one word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jpki::ctl::pam {

struct PamFileLine {
  std::string file;
  unsigned line = 0;               // of its first part, from 1
  std::vector<std::string> words;  // at least one; brackets are kept
};

// Includes are not followed. Lines without a word are none.
std::vector<PamFileLine> lines_of_pam_file(std::string_view text, const std::string& file);

// What libpam makes of a word: without its brackets.
std::string_view without_brackets(std::string_view word);

}  // namespace jpki::ctl::pam
