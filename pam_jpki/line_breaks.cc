// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/line_breaks.h"

#include <algorithm>
#include <iterator>

namespace jpki::pam {
namespace {

std::string_view first_character(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
  return text.substr(0, size);
}

bool is_wide(std::string_view character) {
  return character.size() > 1;  // our texts are English or Japanese
}

bool is_closing(std::string_view character) {
  static constexpr std::string_view kClosing[] = {"。", "、", "）", "」", "』", "：", "・", "ー", "ゃ",
                                                  "ゅ", "ょ", "っ", ":",  ".",  ",",  ")",  "]"};
  return std::ranges::find(kClosing, character) != std::end(kClosing);
}

// What must not be broken: a word, or one character of Japanese with the closing marks behind it.
std::string_view first_piece(std::string_view text) {
  const std::string_view first = first_character(text);
  if (first == " " || first == "\n") return first;
  const auto belongs = [&](std::string_view next) {
    return is_wide(first) ? is_closing(next) : !is_wide(next) && next != " " && next != "\n";
  };
  std::size_t end = first.size();
  while (end < text.size() && belongs(first_character(text.substr(end))))
    end += first_character(text.substr(end)).size();
  return text.substr(0, end);
}

// Closing marks may stand out.
std::size_t width_of(std::string_view piece) {
  return is_wide(first_character(piece)) ? 2 : piece.size();
}

std::size_t whole_width_of(std::string_view piece) {
  std::size_t width = 0;
  for (; !piece.empty(); piece.remove_prefix(first_character(piece).size()))
    width += is_wide(first_character(piece)) ? 2 : 1;
  return width;
}

}  // namespace

std::string with_line_breaks(std::string_view text, std::size_t columns) {
  std::string out;
  std::size_t width = 0;
  for (std::string_view piece; !text.empty(); text.remove_prefix(piece.size())) {
    piece = first_piece(text);
    if (piece == " " && width >= columns) continue;  // the line break that comes will do, or the end
    if (piece == "\n") {
      width = 0;
    } else if (width > 0 && width + width_of(piece) > columns) {
      if (out.ends_with(' ')) out.pop_back();
      out += '\n';
      width = 0;
    }
    if (piece == " " && width == 0 && out.ends_with('\n')) continue;
    out += piece;
    if (piece != "\n") width += whole_width_of(piece);
  }
  return out;
}

}  // namespace jpki::pam
