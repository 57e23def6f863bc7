// SPDX-License-Identifier: LGPL-2.1-or-later
//
// [directory] of ad.toml: how Active Directory is reached.
#include "base/ascii_case.h"
#include "nss_ad/config/ad_sections.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace jpki::ad::config {
namespace {

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, is_host_character) &&
         text.find("..") == std::string_view::npos && !text.starts_with('.') && !text.starts_with('-');
}

// "dc1.ad.test" or "dc1.ad.test:389"
bool is_server(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return is_host_name(text);
  const std::string_view port = text.substr(colon + 1);
  const bool digits = std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
  return is_host_name(text.substr(0, colon)) && digits && !port.empty() && port.size() <= 5;
}

bool is_filter(std::string_view text) {
  if (text.empty()) return true;
  return text.starts_with('(') && text.ends_with(')') &&
         std::ranges::count(text, '(') == std::ranges::count(text, ')');
}

void get_absolute_path(TomlTable& table, std::string_view key, std::string& out) {
  table.get(key, out);
  if (!out.empty() && !out.starts_with('/')) table.refuse(key, "must be an absolute path");
}

void get_filter(TomlTable& table, std::string_view key, std::string& out) {
  table.get(key, out);
  if (!is_filter(out)) table.refuse(key, "must be an LDAP filter in parentheses, like (department=Tax)");
}

template <class Value, std::size_t kSize>
using Words = std::array<std::pair<std::string_view, Value>, kSize>;

template <class Value, std::size_t kSize>
void get_word(TomlTable& table, std::string_view key, const Words<Value, kSize>& words, Value& out) {
  std::string text;
  std::vector<std::string_view> possible;
  for (const auto& [word, value] : words) {
    if (value == out) text = word;
    possible.push_back(word);
  }
  table.get(key, text);
  const auto found = std::ranges::find(words, text, &std::pair<std::string_view, Value>::first);
  if (found == words.end()) {
    table.refuse(key, fmt::format("is \"{}\"; possible: {}", text, fmt::join(possible, ", ")));
  } else {
    out = found->second;
  }
}

template <class Unit>
void get_duration(TomlTable& table, std::string_view key, std::chrono::seconds& out, std::int64_t lowest,
                  std::int64_t highest) {
  std::int64_t count = std::chrono::duration_cast<Unit>(out).count();
  table.get(key, count, lowest, highest);
  out = Unit(count);
}

void apply_place(TomlTable& table, ldap::Settings& settings) {
  table.get("realm", settings.realm);
  if (table.has("realm") && !is_host_name(settings.realm))
    table.refuse("realm", "must be the DNS name of the domain, like AD.EXAMPLE.JP");
  settings.realm = to_upper(settings.realm);
  table.get("servers", settings.servers);
  if (!std::ranges::all_of(settings.servers, is_server))
    table.refuse("servers", "must hold host names, like dc1.ad.example.jp or dc1.ad.example.jp:389");
  table.get("site", settings.site);
  if (!settings.site.empty() && !is_host_name(settings.site))
    table.refuse("site", "must be the name of an Active Directory site");
  table.get("bases", settings.bases);
  const bool names = std::ranges::all_of(
      settings.bases, [](const std::string& base) { return base.find('=') != std::string::npos; });
  if (!names) table.refuse("bases", "must hold distinguished names, like OU=Staff,DC=ad,DC=example,DC=jp");
  get_filter(table, "user_filter", settings.user_filter);
  get_filter(table, "group_filter", settings.group_filter);
}

void apply_identity(TomlTable& table, ldap::Settings& settings) {
  static constexpr Words<ldap::Transport, 3> kTransports = {{{"sealed", ldap::Transport::kSealed},
                                                             {"starttls", ldap::Transport::kStartTls},
                                                             {"ldaps", ldap::Transport::kLdaps}}};
  static constexpr Words<ldap::Authentication, 2> kAuthentications = {
      {{"keytab", ldap::Authentication::kKeytab}, {"password", ldap::Authentication::kPassword}}};
  get_word(table, "transport", kTransports, settings.transport);
  get_absolute_path(table, "ca_file", settings.ca_file);
  get_word(table, "authentication", kAuthentications, settings.authentication);
  get_absolute_path(table, "keytab", settings.keytab);
  table.get("principal", settings.principal);
  table.get("bind_dn", settings.bind_dn);
  get_absolute_path(table, "password_file", settings.password_file);
}

void apply_pace(TomlTable& table, ldap::Settings& settings) {
  static constexpr Words<ldap::Incremental, 4> kIncrementals = {{{"automatic", ldap::Incremental::kAutomatic},
                                                                 {"dirsync", ldap::Incremental::kDirSync},
                                                                 {"usn", ldap::Incremental::kUsnChanged},
                                                                 {"never", ldap::Incremental::kNever}}};
  get_word(table, "incremental", kIncrementals, settings.incremental);
  get_duration<std::chrono::hours>(table, "full_reconcile_hours", settings.full_every, 1, 24 * 31);
  get_duration<std::chrono::seconds>(table, "connect_timeout_seconds", settings.connect_timeout, 1, 300);
  get_duration<std::chrono::seconds>(table, "timeout_seconds", settings.timeout, 1, 3600);
  get_duration<std::chrono::seconds>(table, "total_timeout_seconds", settings.total_timeout, 1, 24 * 3600);
  std::int64_t page_size = settings.page_size;
  table.get("page_size", page_size, 1, 100000);
  settings.page_size = static_cast<std::uint32_t>(page_size);
}

}  // namespace

void apply_directory_section(TomlTable table, ldap::Settings& settings) {
  apply_place(table, settings);
  apply_identity(table, settings);
  apply_pace(table, settings);
  table.refuse_unknown();
}

}  // namespace jpki::ad::config
