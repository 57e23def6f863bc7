// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ifdhandler/settings.h"

#include <charconv>

namespace jpki::ifdhandler {
namespace {

template <class Number>
bool take_number(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && end == text.data() + text.size();
}

// One of two words.
bool take_choice(std::string_view text, std::string_view off, std::string_view on, bool& into) {
  into = text == on;
  return text == on || text == off;
}

bool take_text(std::string_view text, std::string& into) {
  into = text;
  return !text.empty();
}

bool take(std::string_view word, std::string_view value, Settings& settings) {
  if (word == "port") return take_number(value, settings.port);
  if (word == "notices") return take_choice(value, "poll", "at-once", settings.notices_at_once);
  if (word == "longest-apdu") return take_number(value, settings.longest_apdu.emplace());
  if (word == "short-apdus") return take_choice(value, "no", "yes", settings.short_apdus);
  if (word == "more-data") return take_number(value, settings.more_data) && settings.more_data <= 256;
  if (word == "exact-le") return take_choice(value, "no", "yes", settings.exact_le);
  if (word == "flutter-at") return take_number(value, settings.flutter_at);
  if (word == "flutter-ms") {
    std::uint32_t span = 0;
    const bool good = take_number(value, span);
    settings.flutter = std::chrono::milliseconds(span);
    return good;
  }
  if (word == "unplugged") return take_choice(value, "no", "yes", settings.unplugged);
  if (word == "pinpad") return take_choice(value, "no", "yes", settings.pinpad);
  if (word == "keys") return take_text(value, settings.keys);
  if (word == "keys-from") return take_text(value, settings.keys_from);
  return false;
}

}  // namespace

Expected<Settings, std::string> parse_settings(std::string_view text) {
  Settings settings;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::size_t blank = std::min(line.find(' '), line.size());
    const std::string_view value = line.substr(std::min(blank + 1, line.size()));
    if (!take(line.substr(0, blank), value, settings)) return Unexpected{std::string(line)};
  }
  return settings;
}

}  // namespace jpki::ifdhandler
