// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/config/sections.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::config {
namespace {

constexpr std::size_t kMaxUrlSize = 2000;

// The authority of a URL with one of `schemes`, without a user name; nothing when it is none.
bool is_url(std::string_view url, std::span<const std::string_view> schemes) {
  const auto colon = url.find("://");
  if (colon == std::string_view::npos || url.size() > kMaxUrlSize) return false;
  if (std::ranges::find(schemes, url.substr(0, colon)) == schemes.end()) return false;
  const std::string_view rest = url.substr(colon + 3);
  const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  const bool printable = std::ranges::all_of(url, [](char c) { return c > ' ' && c < 0x7f; });
  return printable && !host.empty() && !host.starts_with(':') && host.find('@') == std::string_view::npos;
}

}  // namespace

bool is_absolute(const std::string& path) {
  return path.starts_with('/');
}

bool is_plain_name(const std::string& name) {
  const bool characters = std::ranges::all_of(
      name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  return characters && !name.empty() && name.size() <= 40 && !name.starts_with('-');
}

void get_path(TomlTable& table, std::string_view key, std::string& out) {
  if (!table.has(key)) {
    table.get(key, out);  // known all the same
    return;
  }
  std::string value;
  table.get(key, value);
  if (is_absolute(value)) {
    out = std::move(value);
  } else {
    table.refuse(key, "must be an absolute path");
  }
}

void get_name(TomlTable& table, std::string& out, std::span<const std::string> taken) {
  table.get("name", out);
  if (!is_plain_name(out)) {
    table.refuse("name", "must be a name of lower-case letters, digits and hyphens");
  } else if (std::ranges::find(taken, out) != taken.end()) {
    table.refuse("name", fmt::format("\"{}\" is used twice", out));
  }
}

void get_urls(TomlTable& table, std::string_view key, std::span<const std::string_view> schemes,
              std::vector<std::string>& out) {
  table.get(key, out);
  if (out.size() > schedule::kMaxResponders)
    table.refuse(key, fmt::format("must name no more than {}", schedule::kMaxResponders));
  for (const std::string& url : out)
    if (!is_url(url, schemes))
      table.refuse(key, fmt::format("holds \"{}\", which is no URL; possible: {}://HOST/…", url,
                                    fmt::join(schemes, "://HOST/…, ")));
}

}  // namespace jpki::config
