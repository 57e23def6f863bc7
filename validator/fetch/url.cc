// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/url.h"

#include "base/ascii_case.h"
#include "base/number.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

namespace jpki::fetch {
namespace {

constexpr std::size_t kMaxHost = 253;
constexpr std::string_view kSchemeEnd = "://";

struct SchemeRow {
  Url::Scheme scheme;
  std::string_view name;
  std::uint16_t port;
};
constexpr SchemeRow kSchemes[] = {
    {Url::Scheme::kHttp, "http", 80},
    {Url::Scheme::kHttps, "https", 443},
    {Url::Scheme::kLdap, "ldap", 389},
    {Url::Scheme::kLdaps, "ldaps", 636},
};

const SchemeRow& row_of(Url::Scheme scheme) {
  return *std::ranges::find(kSchemes, scheme, &SchemeRow::scheme);
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::optional<std::string> parse_name(std::string_view text) {
  std::string name = to_lower(text);
  const bool plain = !name.empty() && name.size() <= kMaxHost && std::ranges::all_of(name, is_host_character);
  if (!plain || name.front() == '.' || name.back() == '.' || name.find("..") != std::string::npos) return {};
  return name;
}

// `text` between the brackets.
std::optional<std::string> parse_ipv6(std::string_view text) {
  in6_addr address{};
  if (::inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1) return {};
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  if (::inet_ntop(AF_INET6, &address, canonical.data(), canonical.size()) == nullptr) return {};
  return "[" + std::string(canonical.data()) + "]";
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto port = whole_number<std::uint16_t>(text);
  return port == 0 ? std::nullopt : port;
}

bool is_plain_rest(std::string_view rest) {
  return std::ranges::all_of(rest, [](char c) { return c > ' ' && c <= '~' && c != '\\' && c != '#'; });
}

}  // namespace

std::string_view name_of(Url::Scheme scheme) noexcept {
  return row_of(scheme).name;
}

std::string Url::authority() const {
  return host + ":" + std::to_string(port);
}

std::string Url::text() const {
  return std::string(name_of(scheme)) + std::string(kSchemeEnd) + authority() + rest;
}

bool Url::has_default_port() const {
  return port == row_of(scheme).port;
}

std::optional<Host> parse_host(std::string_view text) {
  Host host;
  std::string_view after;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return {};
    auto address = parse_ipv6(text.substr(1, close - 1));
    if (!address) return {};
    host.name = std::move(*address);
    after = text.substr(close + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    auto name = parse_name(text.substr(0, colon));
    if (!name) return {};
    host.name = std::move(*name);
    after = text.substr(colon);
  }
  if (after.empty()) return host;
  if (!after.starts_with(':')) return {};
  host.port = parse_port(after.substr(1));
  if (!host.port) return {};
  return host;
}

std::optional<Url> parse_url(std::string_view text) {
  const auto scheme_end = text.find(kSchemeEnd);
  if (scheme_end == std::string_view::npos) return {};
  const std::string scheme = to_lower(text.substr(0, scheme_end));
  const auto* row = std::ranges::find(kSchemes, std::string_view(scheme), &SchemeRow::name);
  if (row == std::end(kSchemes)) return {};
  text.remove_prefix(scheme_end + kSchemeEnd.size());
  const auto authority_end = std::min(text.find_first_of("/?#"), text.size());
  const auto host = parse_host(text.substr(0, authority_end));
  std::string rest(text.substr(authority_end));
  if (!host || !is_plain_rest(rest)) return {};
  if (!rest.starts_with('/')) rest.insert(0, "/");
  return Url{row->scheme, host->name, host->port.value_or(row->port), std::move(rest)};
}

std::string host_for_log(std::string_view url) {
  const auto parsed = parse_url(url);
  return parsed ? parsed->authority() : "an address that is not a plain http, https or ldap URL";
}

}  // namespace jpki::fetch
