// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/settings_shown.h"

#include "base/text_lines.h"
#include "base/trimmed.h"

#include <algorithm>
#include <optional>

namespace jpki::ctl::doctor {
namespace {

// Keys whose texts are words of jpki.toml(5) and ad.toml(5), or paths and hours that the site chose for
// machines. What names hosts, CRLs (municipalities), groups or people is not among them.
constexpr std::string_view kShown[] = {"modules",  "kinds",      "kind",      "type",           "hours",
                                       "weekdays", "time_zone",  "freshness", "method",         "cert_id",
                                       "source",   "removal",    "transport", "authentication", "incremental",
                                       "scheme",   "name_forms", "weak_forms"};

// Tables whose keys the administrator chooses.
constexpr std::string_view kOfOwnKeys[] = {"fetch.tls"};

bool is_key(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
}

bool is_plain_value(std::string_view value) {
  return value == "true" || value == "false" ||
         (!value.empty() && value.size() <= 7 &&
          std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; }));
}

// Texts and lists of texts on one line, without escapes.
bool is_plain_text(std::string_view value) {
  return (value.starts_with('"') && value.ends_with('"')) || (value.starts_with('[') && value.ends_with(']'));
}

// "[name]" or "[[name]]", as we write them.
std::optional<std::string_view> name_in(std::string_view header) {
  for (const std::string_view brackets : {"[[]]", "[]"}) {
    const std::size_t half = brackets.size() / 2;
    if (!header.starts_with(brackets.substr(0, half)) || !header.ends_with(brackets.substr(half))) continue;
    const std::string_view name = header.substr(half, header.size() - std::min(header.size(), 2 * half));
    if (is_key(name)) return name;
  }
  return std::nullopt;
}

// Also "tls.name" in [fetch], and "fetch.tls.name" above all tables.
bool is_own_key(std::string_view table, std::string_view key) {
  const std::string whole = std::string(table) + (table.empty() ? "" : ".") + std::string(key);
  return std::ranges::any_of(kOfOwnKeys, [&](std::string_view own) {
    return whole.starts_with(own) && whole.substr(own.size()).starts_with('.');
  });
}

std::string shown(std::string_view key, std::string_view value) {
  // A comment behind a text stays with it, and takes it along: the text may hold the "#".
  if (value.find('"') == std::string_view::npos) value = trimmed(value.substr(0, value.find('#')));
  const bool as_it_is =
      is_plain_value(value) || (std::ranges::find(kShown, key) != std::end(kShown) && is_plain_text(value) &&
                                value.find_first_of("\\#") == std::string_view::npos);
  return std::string(key) + " = " + (as_it_is ? std::string(value) : "(left out)") + "\n";
}

}  // namespace

std::string settings_shown(std::string_view toml) {
  std::string text;
  std::optional<std::string_view> table = "";  // nothing: its header cannot be read
  while (!toml.empty()) {
    const std::string_view line = trimmed(take_line(toml));
    const std::size_t equals = line.find('=');
    if (line.starts_with('[')) {
      const std::string_view header = trimmed(line.substr(0, line.find('#')));
      table = name_in(header);
      if (table) text += std::string(header) + "\n";
    } else if (equals != std::string_view::npos && table) {
      const std::string_view key = trimmed(line.substr(0, equals));
      if (is_key(key) && !is_own_key(*table, key)) text += shown(key, trimmed(line.substr(equals + 1)));
    }
  }
  return text;
}

}  // namespace jpki::ctl::doctor
