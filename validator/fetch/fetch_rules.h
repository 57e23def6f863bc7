// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FetchRules: where jpki-fetch may connect, as [fetch] of jpki.toml says it. jpki-fetch reads them itself:
// what asks it for documents cannot widen them.
#pragma once

#include "validator/fetch/url.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace jpki::fetch {

// The address in a certificate → the address that is reachable in this segment. The longest `from` that
// begins the URL wins, once. A `from` without a path, like "http://a.example", stands for all paths of just
// that host and port.
struct Rewrite {
  std::string from;
  std::string to;
};

struct FetchRules {
  // "host" (then only the default port of the URL's scheme) or "host:port"; beside those of configured URLs
  // and of the targets of rewrites.
  std::vector<std::string> hosts;
  std::vector<Rewrite> rewrites;
  std::string proxy;  // "http://host:port", for http and https; empty: none, whatever the environment says
  std::chrono::milliseconds connect_timeout{2000};
  // Files of TLS anchors (PEM) by name; "default" is used when nothing else is asked for. Never the system's.
  std::map<std::string, std::string> tls_trust;
};

// The URL to connect to, in the form of Url::text(), or nothing when no rule allows it. The hosts of
// `configured_urls`, with their ports, are allowed.
std::optional<std::string> resolve_url(const std::string& url, const FetchRules& rules,
                                       const std::vector<std::string>& configured_urls);

// What jpki-fetch can do without libcurl.
bool is_plain_http(const Url& url, const FetchRules& rules);

// Whether a process that is to fetch from `urls`, before the rewriting, has to be jpki-fetch-curl.
// `from_certificates`: also from HTTP and HTTPS addresses that are not known yet.
bool needs_libcurl(const std::vector<std::string>& urls, bool from_certificates, const FetchRules& rules,
                   const std::vector<std::string>& configured_urls);

}  // namespace jpki::fetch
