// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/trust/trust_store.h"

#include "validator/settings/strict_toml.h"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

namespace jpki::trust {
namespace {

using settings::TomlTable;
using Fingerprint = std::array<std::uint8_t, 32>;

constexpr std::string_view kSuffix = ".toml";

// What NAME.toml says, before the certificate is read.
struct Rules {
  std::string certificate_file;
  std::string fingerprint;
  std::vector<x509::Kind> kinds;
  std::optional<Time> accept_from;
  std::optional<Time> accept_until;
};

std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c != ':' && c != ' '; });
  Fingerprint fingerprint{};
  if (digits.size() != 2 * fingerprint.size()) return std::nullopt;
  std::size_t size = fingerprint.size();
  const gnutls_datum_t hex{reinterpret_cast<unsigned char*>(digits.data()),
                           static_cast<unsigned>(digits.size())};
  if (gnutls_hex_decode(&hex, fingerprint.data(), &size) != 0 || size != fingerprint.size())
    return std::nullopt;
  return fingerprint;
}

std::string spelled(const Fingerprint& fingerprint) {
  return fmt::format("{:02X}", fmt::join(fingerprint, ":"));
}

// The one certificate of a PEM or DER file, as DER.
Expected<Blob, std::string> to_der(const Blob& file) {
  static constexpr std::string_view kPemBegin = "-----BEGIN";
  const std::string_view text = as_text(file);
  const auto begin = text.find(kPemBegin);
  if (begin == std::string_view::npos) return file;
  if (text.find("-----BEGIN CERTIFICATE-----", begin + 1) != std::string_view::npos)
    return Unexpected{std::string("holds more than one certificate; make one file and one .toml for each")};
  const gnutls_datum_t pem{const_cast<unsigned char*>(file.data()), static_cast<unsigned>(file.size())};
  gnutls_datum_t der{nullptr, 0};
  if (gnutls_pem_base64_decode2("CERTIFICATE", &pem, &der) != 0)
    return Unexpected{std::string("no certificate in PEM form")};
  const std::unique_ptr<unsigned char, decltype(gnutls_free)> owner(der.data, gnutls_free);
  return to_blob({der.data, der.size});
}

// RFC 5280 4.2.1.3 and 4.2.1.9: may its key sign certificates?
bool is_authority(const x509::Certificate& certificate) {
  const auto constraints = certificate.basic_constraints();
  const auto usage = certificate.key_usage();
  return constraints && constraints->is_ca && (!usage || (*usage & x509::kKeyCertSign) != 0);
}

Expected<x509::Certificate, std::string> load_certificate(const std::string& path, const FileTrust& trust) {
  const auto file = read_trusted_file(path, trust);
  if (!file) return Unexpected{file.error().text};
  const auto der = to_der(*file);
  if (!der) return Unexpected{path + ": " + der.error()};
  auto certificate = x509::Certificate::decode(*der);
  if (!certificate) return Unexpected{path + ": " + certificate.error()};
  if (!is_authority(*certificate))
    return Unexpected{path +
                      ": no CA certificate (basicConstraints, keyUsage); use the issuer's certificate"};
  return certificate;
}

void read_kinds(TomlTable& table, Rules& rules) {
  std::vector<std::string> names;
  table.get("kinds", names);
  for (const std::string& name : names) {
    const auto kind = x509::kind_from(name);
    if (!kind || *kind == x509::Kind::kAuthority || *kind == x509::Kind::kUnknown) {
      table.refuse("kinds", fmt::format("holds \"{}\", which is no kind of certificate; "
                                        "for logins: jpki-authentication, lgpki-user, lgpki-role",
                                        name));
      return;
    }
    rules.kinds.push_back(*kind);
  }
  if (names.empty()) table.refuse("kinds", "must name at least one kind, like [\"jpki-authentication\"]");
}

Rules read_rules(TomlTable& table) {
  Rules rules;
  table.get("certificate", rules.certificate_file);
  if (rules.certificate_file.empty() || rules.certificate_file.find('/') != std::string::npos)
    table.refuse("certificate", "must name a file of this directory, without a path");
  table.get("sha256", rules.fingerprint);
  if (!parse_fingerprint(rules.fingerprint))
    table.refuse("sha256", "must be 32 bytes in hexadecimal, as the CA published them");
  read_kinds(table, rules);
  table.get("accept_from", rules.accept_from);
  table.get("accept_until", rules.accept_until);
  if (rules.accept_from && rules.accept_until && *rules.accept_from >= *rules.accept_until)
    table.refuse("accept_until", "must be later than accept_from");
  table.refuse_unknown();
  return rules;
}

Expected<Anchor, std::string> load_anchor(const std::string& directory, const std::string& file,
                                          const FileTrust& trust) {
  const std::string path = directory + '/' + file;
  const auto text = read_trusted_file(path, trust);
  if (!text) return Unexpected{text.error().text};
  auto document = settings::TomlDocument::parse(as_text(*text), path);
  if (!document) return Unexpected{document.error()};
  auto table = document->root();
  Rules rules = read_rules(table);
  if (document->problem()) return Unexpected{*document->problem()};

  auto certificate = load_certificate(directory + '/' + rules.certificate_file, trust);
  if (!certificate) return Unexpected{certificate.error()};
  Fingerprint actual{};
  const Bytes der = certificate->der();
  if (gnutls_hash_fast(GNUTLS_DIG_SHA256, der.data(), der.size(), actual.data()) != 0)
    return Unexpected{path + ": SHA-256 failed"};
  if (parse_fingerprint(rules.fingerprint) != actual)
    table.refuse("sha256", fmt::format("is not the fingerprint of {}, which is {}; compare both with the "
                                       "official publication",
                                       rules.certificate_file, spelled(actual)));
  if (document->problem()) return Unexpected{*document->problem()};
  return Anchor{file.substr(0, file.size() - kSuffix.size()), std::move(*certificate), std::move(rules.kinds),
                rules.accept_from, rules.accept_until};
}

}  // namespace

std::string_view name_of(Function function) noexcept {
  switch (function) {
    case Function::kLogin:
      return "login";
    case Function::kRevocationData:
      return "revocation-data";
    case Function::kOcspSigner:
      return "ocsp-signer";
    case Function::kTls:
      return "tls";
    case Function::kCvsSigner:
      return "cvs-signer";
  }
  return "";
}

std::optional<Function> function_from(std::string_view name) noexcept {
  for (const Function function : {Function::kLogin, Function::kRevocationData, Function::kOcspSigner,
                                  Function::kTls, Function::kCvsSigner})
    if (name_of(function) == name) return function;
  return std::nullopt;
}

bool Anchor::serves(Function function) const {
  return std::ranges::find(functions, function) != functions.end();
}

bool Anchor::accepted_at(Time when) const {
  return (!accept_from || *accept_from <= when) && (!accept_until || when < *accept_until);
}

bool Anchor::vouches_for(x509::Kind kind) const {
  return std::ranges::find(kinds, kind) != kinds.end();
}

Expected<TrustStore, std::string> load_trust_store(const std::string& directory, const FileTrust& trust) {
  const auto files = list_trusted_directory(directory, kSuffix, trust);
  if (!files) return Unexpected{files.error().text};
  if (files->empty())
    return Unexpected{directory + ": no anchors; add NAME.toml and the CA certificate it names"};
  TrustStore store;
  for (const std::string& file : *files) {
    auto anchor = load_anchor(directory, file, trust);
    if (!anchor) return Unexpected{anchor.error()};
    store.push_back(std::move(*anchor));
  }
  return store;
}

}  // namespace jpki::trust
