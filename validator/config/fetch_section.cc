// SPDX-License-Identifier: LGPL-2.1-or-later
//
// [[crl]] and [fetch] of jpki.toml: what is fetched, and where jpki-fetch may connect.
#include "validator/config/sections.h"
#include "validator/fetch/url.h"

#include <array>

#include <fmt/format.h>
#include <strings.h>

namespace jpki::config {
namespace {

constexpr std::int64_t kMostMegabytes = 1024;  // what jpki-crl-refresh takes of any file
constexpr auto kCrlSchemes = std::to_array<std::string_view>({"http", "https", "ldap"});

// "http://proxy.example.jp:8080"
bool is_proxy(std::string_view text) {
  static constexpr std::string_view kScheme = "http://";
  return text.starts_with(kScheme) && fetch::parse_host(text.substr(kScheme.size()));
}

bool is_https(const std::string& url) {
  static constexpr std::string_view kScheme = "https://";
  return ::strncasecmp(url.c_str(), kScheme.data(), kScheme.size()) == 0;
}

void apply_rewrite(TomlTable table, Config& config) {
  fetch::Rewrite rewrite;
  table.get("from", rewrite.from);
  table.get("to", rewrite.to);
  for (const auto& [key, value] : {std::pair{"from", &rewrite.from}, std::pair{"to", &rewrite.to}})
    if (value->find("://") == std::string::npos || value->find("://") == 0)
      table.refuse(key, "must be the beginning of a URL, like http://HOST/");
  if (is_https(rewrite.from) && !is_https(rewrite.to))
    table.refuse("to", "must be https as well: the server's certificate is what \"from\" stands for");
  table.refuse_unknown();
  config.fetch.rewrites.push_back(std::move(rewrite));
}

void apply_tls(TomlTable table, Config& config) {
  for (const std::string& name : table.keys()) {
    if (!is_plain_name(name)) table.refuse(name, "must be a name of lower-case letters, digits and hyphens");
    get_path(table, name, config.fetch.tls_trust[name]);
  }
}

}  // namespace

void apply_crl(TomlTable table, Config& config) {
  CrlDownload crl;
  std::vector<std::string> taken;
  for (const CrlDownload& other : config.crl_downloads) taken.push_back(other.name);
  get_name(table, crl.name, taken);
  get_urls(table, "urls", kCrlSchemes, crl.urls);
  if (crl.urls.empty()) table.refuse("urls", "must hold at least one URL");
  table.get("tls", crl.tls_trust);
  auto megabytes = static_cast<std::int64_t>(crl.max_size >> 20);
  table.get("max_megabytes", megabytes, 1, kMostMegabytes);
  crl.max_size = static_cast<std::uint64_t>(megabytes) << 20;
  table.refuse_unknown();
  config.crl_downloads.push_back(std::move(crl));
}

void apply_fetch(TomlTable table, Config& config) {
  table.get("hosts", config.fetch.hosts);
  for (const std::string& host : config.fetch.hosts)
    if (!fetch::parse_host(host))
      table.refuse("hosts",
                   fmt::format("holds \"{}\"; write HOST or HOST:PORT, an IPv6 address in [brackets]", host));
  table.get("proxy", config.fetch.proxy);
  if (!config.fetch.proxy.empty() && !is_proxy(config.fetch.proxy))
    table.refuse("proxy", "must be http://HOST:PORT, or empty for none");
  get_duration<std::chrono::milliseconds>(table, "connect_timeout_ms", config.fetch.connect_timeout, 1,
                                          60000);
  for (TomlTable& rewrite : table.tables("rewrite")) apply_rewrite(std::move(rewrite), config);
  apply_tls(table.table("tls"), config);
  table.refuse_unknown();
}

}  // namespace jpki::config
