// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ocsp/http_request.h"

#include "base/ascii_case.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <gnutls/gnutls.h>

namespace jpki::testocsp {

namespace {

std::string trimmed(std::string text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Nothing when a character stands there that must be percent-encoded, RFC 5019 5.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+' || text[at] == '=') return std::nullopt;
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    unsigned value = 0;
    if (text.size() - at < 3) return std::nullopt;
    const auto [end, error] = std::from_chars(&text[at] + 1, &text[at] + 3, value, 16);
    if (error != std::errc() || end != &text[at] + 3) return std::nullopt;
    out += static_cast<char>(value);
    at += 2;
  }
  return out;
}

std::optional<Blob> base64_decoded(std::string_view text) {
  const gnutls_datum_t input = {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())),
                                static_cast<unsigned>(text.size())};
  gnutls_datum_t output{};
  if (text.empty() || gnutls_base64_decode2(&input, &output) < 0) return std::nullopt;
  Blob out(output.data, output.data + output.size);
  gnutls_free(output.data);
  return out;
}

}  // namespace

std::optional<HttpRequest> parse_head(std::string_view head) {
  std::istringstream lines{std::string(head)};
  std::string line, version;
  HttpRequest request;
  if (!std::getline(lines, line)) return std::nullopt;
  std::istringstream words(line);
  if (!(words >> request.method >> request.target >> version) || !version.starts_with("HTTP/1."))
    return std::nullopt;
  while (std::getline(lines, line)) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string name = to_lower(line.substr(0, colon)), value = trimmed(line.substr(colon + 1));
    if (name == "content-type") request.content_type = to_lower(value);
    if (name == "content-length")
      std::from_chars(value.data(), value.data() + value.size(), request.content_length);
  }
  return request;
}

std::optional<Blob> ocsp_request_of(const HttpRequest& request) {
  if (request.method == "POST") return request.body;
  const auto slash = request.target.find_last_of('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto text = percent_decoded(std::string_view(request.target).substr(slash + 1));
  return text ? base64_decoded(*text) : std::nullopt;
}

}  // namespace jpki::testocsp
