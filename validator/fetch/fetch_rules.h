// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FetchRules: where jpki-fetch may connect, as [fetch] of jpki.toml says it. jpki-fetch reads them itself: what
// asks it for documents cannot widen them.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace jpki::fetch {

// The address in a certificate → the address that is reachable in this segment. The longest `from` that begins
// the URL wins, once.
struct Rewrite {
  std::string from;
  std::string to;
};

struct FetchRules {
  std::vector<std::string> hosts;  // "host" or "host:port"; beside those of configured URLs and rewrites
  std::vector<Rewrite> rewrites;
  std::string proxy;  // "http://host:port"; empty: none, whatever the environment says
  std::chrono::milliseconds connect_timeout{2000};
  // Files of TLS anchors (PEM) by name; "default" is used when nothing else is asked for. Never the system's.
  std::map<std::string, std::string> tls_trust;
};

// The URL to connect to, or nothing when no rule allows it. Hosts of `configured_urls` are allowed.
std::optional<std::string> resolve_url(const std::string& url, const FetchRules& rules,
                                       const std::vector<std::string>& configured_urls);

}  // namespace jpki::fetch
