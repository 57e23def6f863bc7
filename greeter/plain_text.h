// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Texts of others on our screen. What PAM modules say is theirs, and may be anything: here it becomes UTF-8
// of bounded size that can neither move what stands beside it nor hide a part of itself.
#pragma once

#include "base/verdict.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::greeter {

inline constexpr std::size_t kMaxCharacters = 500;
inline constexpr std::size_t kMaxLines = 10;

// Valid UTF-8 without control characters (but line feeds) and without characters that change the direction of
// text. What is too long ends with "…". Never markup: a view shows it as it is.
std::string plain_text(std::string_view text);

// A message in the parts in which it is laid out.
struct Laid {
  std::string cause;               // the first sentence
  std::vector<std::string> steps;  // the others
  std::string code;                // "JPKI-401"; empty: the message ended without one
  bool operator==(const Laid&) const = default;
};

// `words` is plain text. Where it ends with the verdict's code in brackets, the code stands by itself.
Laid lay_out(std::string_view words, std::optional<Verdict> verdict);

}  // namespace jpki::greeter
