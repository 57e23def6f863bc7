// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/system_language.h"

#include "base/safe_file.h"
#include "base/trimmed.h"

#include <langinfo.h>

namespace jpki::pam {
namespace {

constexpr std::size_t kMaxFile = 16384;
constexpr std::string_view kVariable = "LANG=";

// The locale of this thread, set by whom it may: "C" is what every program begins with.
bool host_speaks() {
  const std::string_view name = ::nl_langinfo(NL_LOCALE_NAME(LC_MESSAGES));
  return name != "C" && name != "POSIX";
}

std::string_view unquoted(std::string_view value) {
  const bool quoted =
      value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
  return quoted ? value.substr(1, value.size() - 2) : value;
}

}  // namespace

std::string lang_of(std::string_view file) {
  std::string_view lang;
  while (!file.empty()) {
    const auto end = file.find('\n');
    const std::string_view line = trimmed(file.substr(0, end));
    if (line.starts_with(kVariable)) lang = unquoted(trimmed(line.substr(kVariable.size())));
    file = end == file.npos ? std::string_view() : file.substr(end + 1);
  }
  return std::string(lang);
}

bool is_japanese(std::string_view locale) {
  return locale.starts_with("ja") &&
         (locale.size() == 2 || std::string_view("_.@").find(locale[2]) != std::string_view::npos);
}

Language spoken_language(Language wanted, const LanguageFiles& files) {
  if (wanted != Language::kAuto || host_speaks()) return wanted;
  for (const char* path : files.paths) {
    const auto content = read_trusted_file(path, {.max_size = kMaxFile, .owner = files.owner});
    if (!content) continue;
    const std::string lang = lang_of({reinterpret_cast<const char*>(content->data()), content->size()});
    if (!lang.empty()) return is_japanese(lang) ? Language::kJapanese : wanted;
  }
  return wanted;
}

}  // namespace jpki::pam
