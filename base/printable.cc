// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/printable.h"

namespace jpki {
namespace {

bool is_c1(std::string_view text, std::size_t i) {
  if (text[i] != '\xC2' || i + 1 == text.size()) return false;
  const auto second = static_cast<unsigned char>(text[i + 1]);
  return second >= 0x80 && second <= 0x9F;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (is_c1(text, i)) {
      out.push_back('?');
      ++i;
    } else {
      out.push_back(byte < 0x20 || byte == 0x7F ? '?' : text[i]);
    }
  }
  return out;
}

std::string in_quotes(std::string_view text) {
  std::string out = printable(text);
  for (char& c : out) c = c == '"' ? '\'' : c == '\\' ? '/' : c;
  return '"' + out + '"';
}

}  // namespace jpki
