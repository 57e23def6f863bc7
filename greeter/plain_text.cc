// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/plain_text.h"

#include "base/trimmed.h"

#include <array>

#include <unistr.h>

namespace jpki::greeter {
namespace {

constexpr std::string_view kSpace = " \n";
constexpr std::string_view kEllipsis = "…";
constexpr std::string_view kIdeographicFullStop = "。";

bool is_control(ucs4_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

// Embeddings, overrides and isolates (UAX #9), marks of direction, separators, what has no width.
bool is_hidden(ucs4_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || (c >= 0x200B && c <= 0x200F) ||
         c == 0x061C || c == 0x2028 || c == 0x2029 || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB);
}

void append(std::string& out, ucs4_t c) {
  std::array<std::uint8_t, 6> bytes{};
  const int size = ::u8_uctomb(bytes.data(), c, bytes.size());
  for (int i = 0; i < size; ++i) out.push_back(static_cast<char>(bytes[static_cast<std::size_t>(i)]));
}

// Where the first sentence of `text` ends: behind its full stop.
std::size_t end_of_sentence(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n') return at + 1;
    if (text[at] == '.' && at + 1 < text.size() && (text[at + 1] == ' ' || text[at + 1] == '\n'))
      return at + 1;
    if (text.substr(at).starts_with(kIdeographicFullStop)) return at + kIdeographicFullStop.size();
  }
  return text.size();
}

// `words` without "[JPKI-401]" at its end; leaves it alone when it does not end so.
bool cut_code(std::string_view& words, const std::string& code) {
  const std::string end = "[" + code + "]";
  if (!words.ends_with(end)) return false;
  words = trimmed(words.substr(0, words.size() - end.size()), kSpace);
  return true;
}

}  // namespace

std::string plain_text(std::string_view text) {
  std::string out;
  std::size_t characters = 0;
  std::size_t lines = 1;
  while (!text.empty()) {
    ucs4_t c = 0;
    const int used = ::u8_mbtouc(&c, reinterpret_cast<const std::uint8_t*>(text.data()),
                                 std::min<std::size_t>(text.size(), 8));
    text.remove_prefix(static_cast<std::size_t>(used));
    if (is_hidden(c)) continue;

    if (c == '\n' && ++lines > kMaxLines) return out + std::string(kEllipsis);
    if (++characters > kMaxCharacters) return out + std::string(kEllipsis);
    if (is_control(c) && c != '\n') c = ' ';
    append(out, c);
  }
  return std::string(trimmed(out, kSpace));
}

Laid lay_out(std::string_view words, std::optional<Verdict> verdict) {
  Laid laid;
  words = trimmed(words, kSpace);
  if (verdict) {
    const std::string code = code_of(*verdict);
    // A message of which nothing else is left would say nothing.
    if (cut_code(words, code) || words.find(code) == words.npos) laid.code = code;
  }
  for (bool first = true; !words.empty(); first = false) {
    const std::size_t end = end_of_sentence(words);
    const std::string_view sentence = trimmed(words.substr(0, end), kSpace);
    if (first)
      laid.cause = sentence;
    else if (!sentence.empty())
      laid.steps.emplace_back(sentence);
    words = trimmed(words.substr(end), kSpace);
  }
  return laid;
}

}  // namespace jpki::greeter
