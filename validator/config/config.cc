// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/config/config.h"

#include "validator/settings/strict_toml.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::config {
namespace {

using settings::TomlDocument;
using settings::TomlTable;

constexpr std::size_t kMaxConfigSize = 256 * 1024;

bool is_absolute(const std::string& path) {
  return path.starts_with('/');
}

bool is_dotted_oid(std::string_view text) {
  const bool characters =
      std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return characters && text.find('.') != std::string_view::npos && !text.starts_with('.') &&
         !text.ends_with('.') && text.find("..") == std::string_view::npos;
}

void get_path(TomlTable& table, std::string_view key, std::string& out) {
  std::string value = out;
  table.get(key, value);
  if (is_absolute(value)) {
    out = std::move(value);
  } else {
    table.refuse(key, "must be an absolute path");
  }
}

template <class Duration>
void get_duration(TomlTable& table, std::string_view key, std::chrono::seconds& out, std::int64_t highest) {
  std::int64_t count = std::chrono::duration_cast<Duration>(out).count();
  table.get(key, count, 0, highest);
  out = Duration(count);
}

void apply_pkcs11(TomlTable table, Config& config) {
  table.get("modules", config.pkcs11_modules);
  for (const std::string& name : config.pkcs11_modules) {
    if (!is_absolute(name) && (name.empty() || name.find('/') != std::string::npos))
      table.refuse("modules", "must hold absolute paths, or names in p11-kit's module directory");
  }
  if (config.pkcs11_modules.empty()) table.refuse("modules", "must name at least one PKCS#11 module");
  table.refuse_unknown();
}

void apply_login(TomlTable table, Config& config) {
  std::vector<std::string> names;
  for (const x509::Kind kind : config.login_kinds) names.emplace_back(x509::name_of(kind));
  table.get("kinds", names);
  std::vector<x509::Kind> kinds;
  for (const std::string& name : names) {
    const auto kind = x509::kind_from(name);
    if (kind && x509::is_login_kind(*kind)) {
      kinds.push_back(*kind);
    } else {
      table.refuse("kinds", fmt::format("holds \"{}\", which can never log anyone in; "
                                        "possible: jpki-authentication, lgpki-user, lgpki-role",
                                        name));
    }
  }
  if (kinds.empty()) table.refuse("kinds", "must name at least one kind");
  config.login_kinds = std::move(kinds);
  table.refuse_unknown();
}

void apply_kind(TomlTable table, Config& config) {
  std::string name;
  std::string policy;
  table.get("kind", name);
  table.get("policy", policy);
  const auto kind = x509::kind_from(name);
  if (!kind || *kind == x509::Kind::kUnknown || *kind == x509::Kind::kAuthority)
    table.refuse("kind", fmt::format("is \"{}\", which is no kind of certificate", name));
  if (!is_dotted_oid(policy)) table.refuse("policy", "must be a dotted OID, like 1.2.392.200149.8.5.1.3.30");
  if (kind) config.kind_rules.push_back({*kind, policy});
  table.refuse_unknown();
}

void apply_trust(TomlTable table, Config& config) {
  get_path(table, "anchors", config.anchors_directory);
  table.refuse_unknown();
}

void apply_revocation(TomlTable table, Config& config) {
  get_path(table, "crls", config.crl_directory);
  get_duration<std::chrono::hours>(table, "max_age_hours", config.crl_max_age, 24 * 366);
  get_duration<std::chrono::seconds>(table, "clock_skew_seconds", config.clock_skew, 3600);
  table.refuse_unknown();
}

void apply_account(TomlTable table, Config& config) {
  get_path(table, "map", config.account_map_file);
  table.refuse_unknown();
}

void apply_log(TomlTable table, Config& config) {
  get_path(table, "pseudonym_key", config.pseudonym_key_file);
  table.refuse_unknown();
}

Expected<Unit, std::string> apply_file(const std::string& path, const FileTrust& trust, Config& config) {
  const auto text = read_trusted_file(path, trust);
  if (!text) return Unexpected{text.error().text};
  return apply_config(as_text(*text), path, config);
}

}  // namespace

Expected<Unit, std::string> apply_config(std::string_view text, const std::string& file, Config& config) {
  auto document = TomlDocument::parse(text, file);
  if (!document) return Unexpected{document.error()};
  TomlTable root = document->root();
  apply_pkcs11(root.table("pkcs11"), config);
  apply_login(root.table("login"), config);
  for (TomlTable& kind : root.tables("kind")) apply_kind(std::move(kind), config);
  apply_trust(root.table("trust"), config);
  apply_revocation(root.table("revocation"), config);
  apply_account(root.table("account"), config);
  apply_log(root.table("log"), config);
  root.refuse_unknown();
  if (document->problem()) return Unexpected{*document->problem()};
  return Unit{};
}

Expected<Config, std::string> load_config(const std::string& path, const FileTrust& trust) {
  if (!is_absolute(path)) return Unexpected{path + ": must be an absolute path"};
  const FileTrust bounded{.max_size = kMaxConfigSize, .owner = trust.owner};
  Config config;
  if (auto applied = apply_file(path, bounded, config); !applied) return Unexpected{applied.error()};
  const std::string directory = path + ".d";
  const auto names = list_trusted_directory(directory, ".toml", bounded);
  if (!names) {
    if (names.error().reason == FileError::Reason::kMissing) return config;
    return Unexpected{names.error().text};
  }
  for (const std::string& name : *names) {
    if (auto applied = apply_file(directory + "/" + name, bounded, config); !applied)
      return Unexpected{applied.error()};
  }
  return config;
}

}  // namespace jpki::config
