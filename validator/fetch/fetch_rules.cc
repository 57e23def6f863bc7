// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/fetch_rules.h"

#include "base/ascii_case.h"

#include <algorithm>

namespace jpki::fetch {
namespace {

// Where scheme and authority of `url` end: at its first "/" or "?" after "://".
std::size_t authority_end(std::string_view url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return 0;
  return std::min(url.find_first_of("/?", scheme_end + 3), url.size());
}

// Scheme and host know no case (RFC 3986 6.2.2.1); the rest does.
std::string with_lower_authority(std::string url) {
  const std::size_t end = authority_end(url);
  return to_lower(std::string_view(url).substr(0, end)) + url.substr(end);
}

// "http://a.example" begins http://a.example/x, but neither http://a.example.org/ nor http://a.example:81/.
bool begins(const std::string& from, const std::string& url) {
  if (from.empty() || !url.starts_with(from)) return false;
  return authority_end(from) < from.size() || from.size() == authority_end(url);
}

std::string rewritten(const std::string& original, const FetchRules& rules) {
  const std::string url = with_lower_authority(original);
  const Rewrite* best = nullptr;
  for (const Rewrite& rewrite : rules.rewrites)
    if (begins(with_lower_authority(rewrite.from), url) &&
        (best == nullptr || rewrite.from.size() > best->from.size()))
      best = &rewrite;
  return best == nullptr ? url : best->to + url.substr(best->from.size());
}

bool same_authority(const Url& url, const std::string& other) {
  const auto parsed = parse_url(other);
  return parsed && parsed->host == url.host && parsed->port == url.port;
}

bool is_allowed(const Url& url, const FetchRules& rules, const std::vector<std::string>& configured_urls) {
  const auto named = [&](const std::string& entry) {
    const auto host = parse_host(entry);
    return host && host->name == url.host && (host->port ? *host->port == url.port : url.has_default_port());
  };
  return std::ranges::any_of(rules.hosts, named) ||
         std::ranges::any_of(configured_urls,
                             [&](const std::string& other) { return same_authority(url, other); }) ||
         std::ranges::any_of(rules.rewrites,
                             [&](const Rewrite& rewrite) { return same_authority(url, rewrite.to); });
}

}  // namespace

std::optional<std::string> resolve_url(const std::string& url, const FetchRules& rules,
                                       const std::vector<std::string>& configured_urls) {
  const auto target = parse_url(rewritten(url, rules));
  if (!target || !is_allowed(*target, rules, configured_urls)) return {};
  return target->text();
}

bool is_plain_http(const Url& url, const FetchRules& rules) {
  return url.scheme == Url::Scheme::kHttp && rules.proxy.empty();
}

bool needs_libcurl(const std::vector<std::string>& urls, bool from_certificates, const FetchRules& rules,
                   const std::vector<std::string>& configured_urls) {
  // HTTPS without anchors is refused before anything is sent.
  if (from_certificates && (!rules.proxy.empty() || !rules.tls_trust.empty())) return true;
  return std::ranges::any_of(urls, [&](const std::string& url) {
    const auto resolved = resolve_url(url, rules, configured_urls);
    const auto target = resolved ? parse_url(*resolved) : std::nullopt;
    return target && !is_plain_http(*target, rules);
  });
}

}  // namespace jpki::fetch
