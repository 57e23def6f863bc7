// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/map/mapping_strings.h"

#include <algorithm>
#include <array>
#include <optional>

#include <gnutls/crypto.h>

namespace jpki::map {
namespace {

constexpr std::string_view kIssuer = "X509:<I>";
constexpr std::string_view kSerial = "<SR>";
constexpr std::string_view kKeyIdentifier = "X509:<SKI>";
constexpr std::string_view kThumbprint = "X509:<SHA1-PUKEY>";
constexpr std::size_t kThumbprintSize = 20;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

std::string reversed_serial(Bytes serial) {
  if (serial.size() > 1 && serial[0] == 0) serial = serial.subspan(1);
  Blob bytes = to_blob(serial);
  std::ranges::reverse(bytes);
  std::string hex = to_hex(bytes);
  std::ranges::transform(hex, hex.begin(), upper);
  return hex;
}

// Lower-case digits of whole bytes, or nothing.
std::optional<std::string> canonical_hex(std::string_view digits) {
  std::string out(digits);
  std::ranges::transform(out, out.begin(), lower);
  const bool hex =
      std::ranges::all_of(out, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!hex || out.empty() || out.size() % 2 != 0) return std::nullopt;
  return out;
}

// Attribute names in lower case: they stand at the beginning and after each unescaped comma or plus sign.
std::optional<std::string> canonical_name(std::string_view name) {
  std::string out;
  bool in_type = true;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    out.push_back(in_type ? lower(c) : c);
    if (c == '\\') {
      if (in_type || ++i == name.size()) return std::nullopt;
      out.push_back(name[i]);
    } else if (c == '=' && in_type) {
      in_type = false;
    } else if (c == ',' || c == '+') {
      if (in_type) return std::nullopt;
      in_type = true;
    }
  }
  if (in_type) return std::nullopt;
  return out;
}

Unexpected<std::string> refuse(const char* what) {
  return Unexpected{std::string(what)};
}

Expected<std::string, std::string> canonical_issuer_and_serial(std::string_view rest) {
  const auto at = rest.rfind(kSerial);
  if (at == std::string_view::npos)
    return refuse("<I> without <SR> is a weak mapping; write X509:<I>issuer<SR>reversed serial");
  const auto name = canonical_name(rest.substr(0, at));
  if (!name) return refuse("<I> holds no distinguished name like C=JP,O=Example");
  const auto serial = canonical_hex(rest.substr(at + kSerial.size()));
  if (!serial) return refuse("<SR> must be hexadecimal, two digits a byte");
  return std::string(kIssuer) + *name + std::string(kSerial) + *serial;
}

}  // namespace

std::vector<std::string> strong_mapping_strings(const x509::Certificate& certificate) {
  std::vector<std::string> strings{std::string(kIssuer) + to_ad_string(certificate.issuer()) +
                                   std::string(kSerial) + reversed_serial(certificate.serial())};
  const auto identifier = certificate.subject_key_identifier();
  if (identifier && !identifier->empty())
    strings.push_back(std::string(kKeyIdentifier) + to_hex(*identifier));
  std::array<std::uint8_t, kThumbprintSize> thumbprint{};
  const Bytes der = certificate.der();
  if (gnutls_hash_fast(GNUTLS_DIG_SHA1, der.data(), der.size(), thumbprint.data()) == 0)
    strings.push_back(std::string(kThumbprint) + to_hex(thumbprint));
  return strings;
}

Expected<std::string, std::string> canonical_mapping(std::string_view mapping) {
  if (mapping.starts_with(kIssuer)) return canonical_issuer_and_serial(mapping.substr(kIssuer.size()));
  for (const std::string_view form : {kKeyIdentifier, kThumbprint}) {
    if (!mapping.starts_with(form)) continue;
    const auto digits = canonical_hex(mapping.substr(form.size()));
    if (!digits) return refuse("<SKI> and <SHA1-PUKEY> must be hexadecimal, two digits a byte");
    if (form == kThumbprint && digits->size() != 2 * kThumbprintSize)
      return refuse("<SHA1-PUKEY> must be 40 digits: the certificate's SHA-1 thumbprint");
    return std::string(form) + *digits;
  }
  return refuse("no strong mapping string; possible: X509:<I>…<SR>…, X509:<SKI>…, X509:<SHA1-PUKEY>…");
}

bool names_one_certificate(std::string_view mapping, x509::Kind kind) {
  return kind != x509::Kind::kJpkiAuthentication || !mapping.starts_with(kIssuer);
}

}  // namespace jpki::map
