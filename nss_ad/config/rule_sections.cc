// SPDX-License-Identifier: LGPL-2.1-or-later
//
// [ids], [users], [groups], [account] and [certificates] of ad.toml.
#include "nss_ad/config/ad_sections.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ad::config {
namespace {

constexpr std::string_view kTemplateLetters = "uUldDn%";
constexpr std::size_t kMaxNetbiosName = 15;
constexpr std::int64_t kMaxLiveTimeout = 4000;  // below pam_jpki's patience with jpki-account, 5 seconds

void get_id(TomlTable& table, std::string_view key, std::uint32_t& out, std::int64_t lowest = 0) {
  std::int64_t value = out;
  table.get(key, value, lowest, INT64_C(4294967293));
  out = static_cast<std::uint32_t>(value);
}

void get_sids(TomlTable& table, std::string_view key, std::vector<Sid>& out) {
  std::vector<std::string> texts;
  for (const Sid& sid : out) texts.push_back(sid.text());
  table.get(key, texts);
  out.clear();
  for (const std::string& text : texts) {
    if (auto sid = Sid::parse(text)) {
      out.push_back(std::move(*sid));
    } else {
      table.refuse(key,
                   fmt::format("holds \"{}\", which is not the SID of a domain, like S-1-5-21-1-2-3", text));
    }
  }
}

// A template without control characters and colons, with known % letters only.
bool is_template(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) < 0x20 || text[i] == 0x7f || text[i] == ':') return false;
    if (text[i] != '%') continue;
    if (++i == text.size() || kTemplateLetters.find(text[i]) == std::string_view::npos) return false;
  }
  return true;
}

void get_template(TomlTable& table, std::string_view key, std::string& out, bool path) {
  table.get(key, out);
  if (!is_template(out)) {
    table.refuse(key, "must be text without colons, with %u, %U, %l, %d, %D, %n and %% only");
  } else if (path && !out.starts_with('/')) {
    table.refuse(key, "must be an absolute path");
  }
}

void get_name_forms(TomlTable& table, snapshot::NameForms& out) {
  std::vector<std::string> forms;
  if (out.domain_backslash) forms.emplace_back("domain-backslash");
  if (out.at_realm) forms.emplace_back("at-realm");
  table.get("name_forms", forms);
  out = {};
  for (const std::string& form : forms) {
    if (form == "domain-backslash") {
      out.domain_backslash = true;
    } else if (form == "at-realm") {
      out.at_realm = true;
    } else {
      table.refuse("name_forms", fmt::format("holds \"{}\"; possible: domain-backslash, at-realm", form));
    }
  }
}

void apply_rule(TomlTable table, AccountRules& rules) {
  ServiceRule rule;
  table.get("services", rule.services);
  table.get("allowed_groups", rule.allowed_groups);
  table.get("denied_groups", rule.denied_groups);
  if (rule.allowed_groups.empty() && rule.denied_groups.empty())
    table.refuse("allowed_groups", "or denied_groups must name a group");
  rules.service_rules.push_back(std::move(rule));
  table.refuse_unknown();
}

}  // namespace

void apply_ids(TomlTable table, idmap::Settings& settings) {
  std::string scheme(idmap::name_of(settings.scheme));
  table.get("scheme", scheme);
  if (const auto known = idmap::scheme_from(scheme)) {
    settings.scheme = *known;
  } else {
    table.refuse("scheme", fmt::format("is \"{}\"; possible: sssd, rid, rfc2307", scheme));
  }
  get_id(table, "sssd_range_min", settings.sssd_low);
  get_id(table, "sssd_range_max", settings.sssd_high);
  get_id(table, "sssd_range_size", settings.sssd_slice, 1);
  if (settings.sssd_high <= settings.sssd_low || settings.sssd_high - settings.sssd_low < settings.sssd_slice)
    table.refuse("sssd_range_max", "must leave room for one slice above sssd_range_min");
  get_sids(table, "sssd_earlier_domains", settings.sssd_earlier_domains);
  std::vector<Sid> first;
  if (settings.sssd_default_domain) first.push_back(*settings.sssd_default_domain);
  get_sids(table, "sssd_default_domain", first);
  if (first.size() > 1) table.refuse("sssd_default_domain", "must hold one SID, or none");
  settings.sssd_default_domain = first.empty() ? std::nullopt : std::optional(first.front());
  get_id(table, "rid_low", settings.rid_low);
  get_id(table, "rid_high", settings.rid_high);
  get_id(table, "rid_base", settings.rid_base);
  if (settings.rid_high < settings.rid_low) table.refuse("rid_high", "must not be below rid_low");
  get_id(table, "lowest_id", settings.lowest_id, 1);
  get_id(table, "highest_id", settings.highest_id, 1);
  if (settings.highest_id < settings.lowest_id) table.refuse("highest_id", "must not be below lowest_id");
  table.refuse_unknown();
}

void apply_users(TomlTable table, UserRules& rules) {
  get_template(table, "home", rules.home, true);
  table.get("home_from_directory", rules.home_from_directory);
  get_template(table, "shell", rules.shell, true);
  table.get("shell_from_directory", rules.shell_from_directory);
  get_template(table, "gecos", rules.gecos, false);
  get_name_forms(table, rules.name_forms);
  table.get("enumerate", rules.enumerate);
  table.refuse_unknown();
}

void apply_groups(TomlTable table, GroupRules& rules) {
  table.get("only", rules.only);
  table.refuse_unknown();
}

void apply_account(TomlTable table, AccountRules& rules) {
  std::int64_t hours = std::chrono::duration_cast<std::chrono::hours>(rules.max_snapshot_age).count();
  table.get("max_snapshot_age_hours", hours, 1, 24 * 366);
  rules.max_snapshot_age = std::chrono::hours(hours);
  std::int64_t live = rules.live_timeout.count();
  table.get("live_timeout_ms", live, 0, kMaxLiveTimeout);
  rules.live_timeout = std::chrono::milliseconds(live);
  std::int64_t minutes = std::chrono::duration_cast<std::chrono::minutes>(rules.lockout_duration).count();
  table.get("lockout_minutes", minutes, 0, 100000);
  rules.lockout_duration = std::chrono::minutes(minutes);
  table.get("workstation", rules.workstation);
  if (rules.workstation.size() > kMaxNetbiosName || rules.workstation.find('.') != std::string::npos)
    table.refuse("workstation", "must be a NetBIOS name: at most 15 characters, no dot");
  for (TomlTable& rule : table.tables("rule")) apply_rule(std::move(rule), rules);
  table.refuse_unknown();
}

void apply_certificates(TomlTable table, CertificateRules& rules) {
  std::vector<std::string> names;
  for (const mapping::WeakForm form : rules.weak_forms) names.emplace_back(mapping::name_of(form));
  table.get("weak_forms", names);
  rules.weak_forms.clear();
  for (const std::string& name : names) {
    if (const auto form = mapping::weak_form_from(name)) {
      rules.weak_forms.push_back(*form);
    } else {
      table.refuse("weak_forms",
                   fmt::format("holds \"{}\"; possible: issuer-subject, subject, rfc822", name));
    }
  }
  table.refuse_unknown();
}

}  // namespace jpki::ad::config
