// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/settings.h"

#include "base/settings/strict_toml.h"

namespace jpki::greeter {
namespace {

constexpr std::size_t kMaxSize = 64 * 1024;

}  // namespace

Expected<Settings, std::string> parse_settings(std::string_view text, const std::string& file) {
  auto document = settings::TomlDocument::parse(text, file);
  if (!document) return Unexpected{document.error()};
  Settings read;
  std::string language = "auto";
  auto root = document->root();
  root.get("password_button", read.password_button);
  root.get("code_button", read.code_button);
  root.get("language", language);
  if (language == "ja")
    read.language = Language::kJapanese;
  else if (language == "en")
    read.language = Language::kEnglish;
  else if (language != "auto")
    root.refuse("language", "is no language of ours; known: auto, ja, en");
  root.refuse_unknown();
  if (document->problem()) return Unexpected{*document->problem()};
  return read;
}

Expected<Settings, std::string> read_settings(const std::string& path, const FileTrust& trust) {
  FileTrust bounded = trust;
  bounded.max_size = kMaxSize;
  const auto text = read_trusted_file(path, bounded);
  if (text) return parse_settings(as_text(*text), path);
  if (text.error().reason == FileError::Reason::kMissing) return Settings{};
  return Unexpected{text.error().text};
}

}  // namespace jpki::greeter
