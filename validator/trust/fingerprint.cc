// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/trust/fingerprint.h"

#include "base/ascii_case.h"

#include <algorithm>

#include <fmt/format.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

namespace jpki::trust {
namespace {

constexpr std::string_view kSeparators = ":-. \t\r\n";

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = to_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Without what openssl(1), certtool(1) and publications write before the digits.
std::string_view without_label(std::string_view text) {
  const auto begins = [&](std::string_view word) {
    return equal_ignoring_case(text.substr(0, word.size()), word);
  };
  const auto skip = [&] {
    const auto first = text.find_first_not_of(" \t\r\n:=");
    text.remove_prefix(first == std::string_view::npos ? text.size() : first);
  };
  skip();
  for (const std::string_view word : {"sha-256", "sha256"}) {
    if (!begins(word)) continue;
    text.remove_prefix(word.size());
    skip();
    if (begins("fingerprint")) text.remove_prefix(std::string_view("fingerprint").size());
    skip();
    break;
  }
  return text;
}

}  // namespace

std::optional<Fingerprint> fingerprint_of(Bytes der) {
  Fingerprint fingerprint{};
  if (gnutls_hash_fast(GNUTLS_DIG_SHA256, der.data(), der.size(), fingerprint.data()) != 0)
    return std::nullopt;
  return fingerprint;
}

std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
  Fingerprint fingerprint{};
  std::size_t digits = 0;
  for (const char c : without_label(text)) {
    if (kSeparators.find(c) != std::string_view::npos) continue;
    const int value = digit(c);
    if (value < 0 || digits == 2 * fingerprint.size()) return std::nullopt;
    auto& byte = fingerprint[digits++ / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
  }
  if (digits != 2 * fingerprint.size()) return std::nullopt;
  return fingerprint;
}

std::string spelled(const Fingerprint& fingerprint) {
  return fmt::format("{:02X}", fmt::join(fingerprint, ":"));
}

}  // namespace jpki::trust
