// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/setup/edited_text.h"

#include <algorithm>
#include <sstream>
#include <vector>

namespace jpki::ctl::setup {

std::string with_directory_accounts(const std::string& nsswitch) {
  std::istringstream in(nsswitch);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    const std::string setting = line.substr(0, line.find('#'));
    const bool ours =
        setting.starts_with("passwd:") || setting.starts_with("group:") || setting.starts_with("shadow:");
    std::istringstream words(setting);
    bool has = false;
    for (std::string word; words >> word;) has = has || word == "ad";
    const auto files = setting.find(" files");
    constexpr std::size_t kSize = 6;
    const auto ends = [&](std::size_t at) {
      return at >= setting.size() || setting[at] == ' ' || setting[at] == '\t';
    };
    if (ours && !has && files != std::string::npos && ends(files + kSize)) line.insert(files + kSize, " ad");
    out += line + '\n';
  }
  return out;
}

std::string with_setting(const std::string& toml, const std::string& key, const std::string& value) {
  std::vector<std::string> lines;
  std::istringstream in(toml);
  for (std::string line; std::getline(in, line);) lines.push_back(line + '\n');
  const auto sets = [&](std::string_view line) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (!line.starts_with(key)) return false;
    line.remove_prefix(key.size());
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return line.starts_with('=');
  };
  const auto offers = [&](std::string_view line) { return line.starts_with('#') && sets(line.substr(1)); };
  auto place = std::ranges::find_if(lines, sets);
  if (place == lines.end()) place = std::ranges::find_if(lines, offers);
  if (place == lines.end()) place = lines.emplace(lines.end());
  *place = key + " = " + value + "\n";
  std::string out;
  for (const std::string& line : lines) out += line;
  return out;
}

std::string chosen_by_hand(const std::string& alternatives) {
  constexpr std::string_view kAutomatic = "auto\n";
  return alternatives.starts_with(kAutomatic) ? "manual\n" + alternatives.substr(kAutomatic.size())
                                              : alternatives;
}

std::string with_language(const std::string& pam_file, const std::string& language) {
  std::istringstream in(pam_file);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("auth") && line.find("pam_jpki.so") != std::string::npos &&
        line.find('#') == std::string::npos) {
      if (const auto old = line.find(" lang="); old != std::string::npos)
        line.erase(old, std::min(line.find(' ', old + 1), line.size()) - old);
      while (line.ends_with(' ')) line.pop_back();
      line += " lang=" + language;
    }
    out += line + '\n';
  }
  return out;
}

}  // namespace jpki::ctl::setup
