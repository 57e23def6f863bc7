// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/config/sections.h"

#include "validator/fetch/url.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::config {
namespace {

constexpr std::size_t kMaxUrlSize = 2000;

}  // namespace

bool is_absolute(const std::string& path) {
  return path.starts_with('/');
}

bool is_plain_name(const std::string& name) {
  const bool characters = std::ranges::all_of(
      name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  return characters && !name.empty() && name.size() <= 40 && !name.starts_with('-');
}

bool is_url(std::string_view url, std::span<const std::string_view> schemes) {
  const auto parsed = fetch::parse_url(url);
  return parsed && url.size() <= kMaxUrlSize &&
         std::ranges::find(schemes, fetch::name_of(parsed->scheme)) != schemes.end();
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

std::vector<x509::Kind> get_login_kinds(TomlTable& table, std::string_view key,
                                        std::vector<x509::Kind> kinds) {
  std::vector<std::string> names;
  table.get(key, names);
  if (!table.has(key)) return kinds;
  kinds.clear();
  for (const std::string& name : names) {
    const auto kind = x509::kind_from(name);
    if (kind && x509::is_login_kind(*kind)) {
      kinds.push_back(*kind);
    } else {
      table.refuse(key, fmt::format("holds \"{}\", which can never log anyone in; "
                                    "possible: jpki-authentication, lgpki-user, lgpki-role",
                                    name));
    }
  }
  return kinds;
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
      table.refuse(key, fmt::format("holds \"{}\", which is not a URL; possible: {}://HOST/…", url,
                                    fmt::join(schemes, "://HOST/…, ")));
}

}  // namespace jpki::config
