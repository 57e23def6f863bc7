// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/config/config.h"

#include "validator/config/sections.h"
#include "validator/config/succession_extension.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::config {
namespace {

using settings::TomlDocument;

constexpr int kMaxExpiryNotice = 180;
constexpr int kMaxGrace = 300;
constexpr int kMaxResolverTimeout = 10'000;  // milliseconds
constexpr int kMaxOverlap = 180;
constexpr int kMaxAge = 24 * 60;     // minutes
constexpr int kMaxLocked = 60 * 60;  // seconds
constexpr std::size_t kMaxConfigSize = 256 * 1024;

void apply_pkcs11(TomlTable table, Config& config) {
  table.get("modules", config.pkcs11_modules);
  for (const std::string& name : config.pkcs11_modules) {
    if (!is_absolute(name) && (name.empty() || name.find('/') != std::string::npos))
      table.refuse("modules", "must hold absolute paths, or names in p11-kit's module directory");
  }
  if (config.pkcs11_modules.empty()) table.refuse("modules", "must name at least one PKCS#11 module");
  table.get("module_files", config.module_files);
  if (!std::ranges::all_of(config.module_files, is_absolute))
    table.refuse("module_files", "must hold absolute paths");
  table.get("module_threads", config.module_threads);
  table.refuse_unknown();
}

void apply_login(TomlTable table, Config& config) {
  config.login_kinds = get_login_kinds(table, "kinds", std::move(config.login_kinds));
  if (config.login_kinds.empty()) table.refuse("kinds", "must name at least one kind");
  get_duration<std::chrono::days>(table, "expiry_notice_days", config.expiry_notice, 0, kMaxExpiryNotice);
  table.refuse_unknown();
}

void apply_kind(TomlTable table, Config& config) {
  std::string name;
  std::string policy;
  table.get("kind", name);
  table.get("policy", policy);
  const auto kind = x509::kind_from(name);
  if (!kind || *kind == x509::Kind::kUnknown || *kind == x509::Kind::kAuthority)
    table.refuse("kind", fmt::format("is \"{}\", which is not a kind of certificate", name));
  if (!x509::is_dotted_oid(policy))
    table.refuse("policy", "must be a dotted OID, like 1.2.392.200149.8.5.1.3.30");
  if (kind) config.kind_rules.push_back({*kind, policy});
  table.refuse_unknown();
}

void apply_trust(TomlTable table, Config& config) {
  get_path(table, "anchors", config.anchors_directory);
  get_path(table, "intermediates", config.intermediates_directory);
  table.refuse_unknown();
}

void apply_account(TomlTable table, Config& config) {
  std::string source = config.account_source == AccountSource::kFile ? "file" : "ad";
  table.get("source", source);
  if (source != "file" && source != "ad") table.refuse("source", "must be \"file\" or \"ad\"");
  config.account_source = source == "ad" ? AccountSource::kActiveDirectory : AccountSource::kFile;
  get_path(table, "map", config.account_map_file);
  get_path(table, "snapshots", config.account_snapshots);
  table.get("role_groups", config.role_groups);
  table.get("role_accounts", config.role_accounts);
  table.refuse_unknown();
}

void apply_session(TomlTable table, Config& config) {
  std::string removal(name_of(config.session.removal));
  table.get("removal", removal);
  if (const auto known = removal_from(removal)) {
    config.session.removal = *known;
  } else {
    table.refuse("removal", "must be \"lock\", \"logoff\" or \"none\"");
  }
  get_duration<std::chrono::seconds>(table, "grace_seconds", config.session.grace, 0, kMaxGrace);
  table.refuse_unknown();
}

void apply_unlock(TomlTable table, Config& config) {
  table.get("presence", config.unlock.presence);
  table.get("recent", config.unlock.recent);
  get_duration<std::chrono::minutes>(table, "max_age_minutes", config.unlock.max_age, 1, kMaxAge);
  get_duration<std::chrono::seconds>(table, "min_locked_seconds", config.unlock.min_locked, 0, kMaxLocked);
  table.refuse_unknown();
}

void apply_succession(TomlTable table, Config& config) {
  config::SuccessionPolicy& policy = config.succession;
  for (const auto& [key, path] : {std::pair("feed", &policy.feed), {"resolver", &policy.resolver}}) {
    table.get(key, *path);
    if (!path->empty() && !is_absolute(*path)) table.refuse(key, "must be an absolute path, or empty");
  }
  table.get("ocsp_extension", policy.ocsp_extension);
  if (!policy.ocsp_extension.empty() && !may_tell_succession(policy.ocsp_extension))
    table.refuse("ocsp_extension", "must be a dotted OID that no standard has for OCSP, or empty");
  get_duration<std::chrono::milliseconds>(table, "resolver_timeout_ms", policy.resolver_timeout, 100,
                                          kMaxResolverTimeout);
  get_duration<std::chrono::days>(table, "overlap_days", policy.overlap, 0, kMaxOverlap);
  get_path(table, "overlay", policy.overlay_directory);
  table.refuse_unknown();
}

void apply_self_registration(TomlTable table, Config& config) {
  table.get("services", config.self_registration.services);
  table.get("at_once", config.self_registration.at_once);
  table.get("never_groups", config.self_registration.never_groups);
  table.refuse_unknown();
}

void apply_smartphone(TomlTable table, Config& config) {
  table.get("accounts", config.smartphone.accounts);
  table.get("groups", config.smartphone.groups);
  const auto empty = [](const std::string& name) { return name.empty(); };
  if (std::ranges::any_of(config.smartphone.accounts, empty))
    table.refuse("accounts", "must hold names of accounts");
  if (std::ranges::any_of(config.smartphone.groups, empty))
    table.refuse("groups", "must hold names of groups");
  table.refuse_unknown();
}

void apply_log(TomlTable table, Config& config) {
  get_path(table, "pseudonym_key", config.pseudonym_key_file);
  table.refuse_unknown();
}

Expected<Unit, std::string> apply_file(const std::string& path, const FileTrust& trust, Config& config) {
  const auto text = read_trusted_file(path, trust);
  if (!text) return Unexpected{text.error().text};
  return apply_config(as_text(*text), path, config, trust);
}

Expected<Unit, std::string> apply_directory(const std::string& path, const FileTrust& trust, Config& config) {
  const auto directory = TrustedDirectory::open(path, trust);
  if (!directory && directory.error().reason == FileError::Reason::kMissing) return Unit{};
  if (!directory) return Unexpected{directory.error().text};
  const auto names = directory->list(".toml");
  if (!names) return Unexpected{names.error().text};
  for (const std::string& name : *names) {
    const auto text = directory->read(name);
    if (!text) return Unexpected{text.error().text};
    if (auto applied = apply_config(as_text(*text), directory->path_of(name), config, trust); !applied)
      return applied;
  }
  return Unit{};
}

Expected<Unit, std::string> check_tls_name(const Config& config, const std::string& name,
                                           const std::string& user) {
  if (name.empty() || config.fetch.tls_trust.contains(name)) return Unit{};
  return Unexpected{fmt::format(
      "{} has tls = \"{}\", but [fetch.tls] names no file for it; add: {} = \"/etc/jpki/tls/{}.pem\"", user,
      name, name, name)};
}

}  // namespace

bool may_tell_succession(std::string_view oid) noexcept {
  return x509::is_dotted_oid(oid) && !oid.starts_with("2.5.29.") && !oid.starts_with("1.3.6.1.5.5.7.48.1.");
}

Expected<Unit, std::string> apply_config(std::string_view text, const std::string& file, Config& config,
                                         const FileTrust& trust) {
  auto document = TomlDocument::parse(text, file);
  if (!document) return Unexpected{document.error()};
  TomlTable root = document->root();
  apply_pkcs11(root.table("pkcs11"), config);
  apply_login(root.table("login"), config);
  for (TomlTable& kind : root.tables("kind")) apply_kind(std::move(kind), config);
  apply_trust(root.table("trust"), config);
  apply_revocation(root.table("revocation"), trust, config);
  for (TomlTable& crl : root.tables("crl")) apply_crl(std::move(crl), config);
  apply_fetch(root.table("fetch"), config);
  apply_account(root.table("account"), config);
  apply_session(root.table("session"), config);
  for (TomlTable& token : root.tables("token")) apply_token(std::move(token), config);
  for (TomlTable& seat : root.tables("seat")) apply_seat(std::move(seat), config);
  apply_unlock(root.table("unlock"), config);
  apply_ticket(root.table("ticket"), config);
  apply_succession(root.table("succession"), config);
  apply_self_registration(root.table("self_registration"), config);
  apply_smartphone(root.table("smartphone"), config);
  apply_log(root.table("log"), config);
  root.refuse_unknown();
  if (document->problem()) return Unexpected{*document->problem()};
  return Unit{};
}

Expected<Unit, std::string> complete_config(Config& config) {
  for (const schedule::SourceRule& rule : config.sources)
    if (auto named = check_tls_name(config, rule.tls_trust, "[[revocation.source]] " + rule.name); !named)
      return named;
  for (const CrlDownload& crl : config.crl_downloads)
    if (auto named = check_tls_name(config, crl.tls_trust, "[[crl]] " + crl.name); !named) return named;
  if (auto ticket = check_ticket(config.ticket); !ticket) return ticket;
  if (auto tokens = check_tokens(config); !tokens) return tokens;
  if (config.account_source == AccountSource::kActiveDirectory && !config.role_accounts.empty())
    return Unexpected{
        std::string("account.role_accounts is for source = \"file\"; with \"ad\" use role_groups")};
  const auto knows_smartphones = [](const std::string& module) { return module.ends_with("jpki-pkcs11.so"); };
  if (config.smartphone.enabled() && std::ranges::none_of(config.pkcs11_modules, knows_smartphones))
    config.problems.push_back(
        "[smartphone] names somebody, but [pkcs11] modules does not name jpki-pkcs11.so, which alone knows "
        "smartphones");
  if (config.sources.empty()) {
    schedule::SourceRule crl;
    crl.name = "crl";
    crl.max_age = kMaxCrlAge;
    config.sources.push_back(std::move(crl));
  }
  return Unit{};
}

Expected<Config, std::string> load_config(const std::string& path, const FileTrust& trust) {
  if (!is_absolute(path)) return Unexpected{path + ": must be an absolute path"};
  const FileTrust bounded{.max_size = kMaxConfigSize, .owner = trust.owner};
  Config config;
  if (auto applied = apply_file(path, bounded, config); !applied) return Unexpected{applied.error()};
  if (auto applied = apply_directory(path + ".d", bounded, config); !applied)
    return Unexpected{applied.error()};
  if (auto complete = complete_config(config); !complete) return Unexpected{path + ": " + complete.error()};
  return config;
}

std::vector<std::string> configured_urls(const Config& config) {
  std::vector<std::string> urls;
  for (const schedule::SourceRule& rule : config.sources)
    urls.insert(urls.end(), rule.urls.begin(), rule.urls.end());
  for (const CrlDownload& crl : config.crl_downloads)
    urls.insert(urls.end(), crl.urls.begin(), crl.urls.end());
  return urls;
}

}  // namespace jpki::config
