// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Url: the addresses that jpki-fetch may know: scheme, host, port and the rest, without user name or
// fragment. Read strictly, so that what was compared with the rules is what is connected to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jpki::fetch {

struct Url {
  enum class Scheme { kHttp, kHttps, kLdap, kLdaps };

  Scheme scheme = Scheme::kHttp;
  std::string host;  // lower case; an IPv6 address in brackets, in its canonical form
  std::uint16_t port = 0;
  std::string rest;  // path and query, begins with "/"; printable ASCII as it was

  std::string authority() const;  // "host:port"
  std::string text() const;       // the whole, always with the port
  bool is_ldap() const { return scheme == Scheme::kLdap || scheme == Scheme::kLdaps; }
  bool has_default_port() const;
};

std::string_view name_of(Url::Scheme scheme) noexcept;

// Nothing for another scheme, a user name, an empty or escaped host, a host that ends with a dot, a zone, a
// port outside 1 to 65535, a fragment, a backslash, a space, or anything that is not printable ASCII.
std::optional<Url> parse_url(std::string_view text);

struct Host {
  std::string name;                   // as in Url
  std::optional<std::uint16_t> port;  // nothing: the default of whatever scheme
};

// "host", "host:port", "[::1]", "[::1]:port".
std::optional<Host> parse_host(std::string_view text);

// How a log may call an address: host and port, never path or query.
std::string host_for_log(std::string_view url);

}  // namespace jpki::fetch
