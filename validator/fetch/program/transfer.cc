// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/transfer.h"

#include <algorithm>

namespace jpki::fetch {
namespace {

using Reason = FetchError::Reason;

constexpr char kDefaultTrust[] = "default";

Unexpected<FetchError> refused(Reason reason, std::string text) {
  return Unexpected{FetchError{reason, std::move(text)}};
}

}  // namespace

Expected<Url, FetchError> target_of(const std::string& url, const Site& site) {
  const auto resolved = resolve_url(url, site.rules, site.configured_urls);
  auto target = resolved ? parse_url(*resolved) : std::nullopt;
  if (!target)
    return refused(Reason::kForbidden,
                   host_for_log(url) +
                       ": no rule allows connections there; add \"HOST:PORT\" to hosts, or "
                       "a [[fetch.rewrite]], in jpki.toml");
  return std::move(*target);
}

Expected<std::string, FetchError> tls_anchors(const FetchRequest& request, const Site& site,
                                              const std::string& host) {
  const std::string name = request.tls_trust.empty() ? kDefaultTrust : request.tls_trust;
  const auto file = site.rules.tls_trust.find(name);
  if (file == site.rules.tls_trust.end())
    return refused(Reason::kTls, host + ": no TLS anchors are named \"" + name + "\"; add " + name +
                                     " = \"FILE.pem\" to [fetch.tls] of jpki.toml");
  if (const auto problem = site.tls_problems.find(name); problem != site.tls_problems.end())
    return refused(Reason::kTls, host + ": TLS anchors: " + problem->second);
  return file->second;
}

std::chrono::milliseconds connect_timeout(const Attempt& attempt, const FetchRules& rules) {
  return std::min(rules.connect_timeout, attempt.timeout);
}

}  // namespace jpki::fetch
