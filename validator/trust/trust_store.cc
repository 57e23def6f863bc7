// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/trust/trust_store.h"

#include "base/settings/strict_toml.h"
#include "validator/trust/certificate_file.h"
#include "validator/trust/fingerprint.h"
#include "validator/x509/public_key.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

namespace jpki::trust {
namespace {

using settings::TomlTable;

constexpr std::string_view kSuffix = ".toml";
constexpr std::int64_t kMaxPathLength = 64;

// What NAME.toml says, before the certificate is read.
struct Rules {
  std::string certificate_file;
  std::string fingerprint;
  std::vector<x509::Kind> kinds;
  std::vector<Function> functions = kDefaultFunctions;
  std::optional<Time> accept_from;
  std::optional<Time> accept_until;
  Constraints constraints;
};

void read_functions(TomlTable& table, Rules& rules) {
  std::vector<std::string> names;
  for (const Function function : rules.functions) names.emplace_back(name_of(function));
  table.get("functions", names);
  std::vector<Function> functions;
  for (const std::string& name : names) {
    const auto function = function_from(name);
    if (!function) {
      table.refuse("functions", fmt::format("holds \"{}\", which is not a function; known: login, "
                                            "revocation-data, ocsp-signer, tls, cvs-signer",
                                            name));
      return;
    }
    functions.push_back(*function);
  }
  if (functions.empty()) table.refuse("functions", "must name at least one function, like [\"login\"]");
  // R14: the stores of TLS and of a validation server's signers are apart from all others.
  for (const Function function : functions)
    if (functions.size() > 1 && store_of(function) != Store::kPersons)
      table.refuse("functions", fmt::format("must hold \"{}\" alone; write a second .toml for the others",
                                            name_of(function)));
  rules.functions = std::move(functions);
}

// Kinds are of persons' certificates; TLS and validation servers have none.
bool needs_kinds(const std::vector<Function>& functions) {
  return std::ranges::any_of(functions,
                             [](Function function) { return store_of(function) == Store::kPersons; });
}

void read_kinds(TomlTable& table, Rules& rules) {
  std::vector<std::string> names;
  table.get("kinds", names);
  for (const std::string& name : names) {
    const auto kind = x509::kind_from(name);
    if (!kind || *kind == x509::Kind::kAuthority || *kind == x509::Kind::kUnknown) {
      table.refuse("kinds", fmt::format("holds \"{}\", which is not a kind of certificate; for logins: "
                                        "jpki-authentication, lgpki-user, lgpki-role",
                                        name));
      return;
    }
    rules.kinds.push_back(*kind);
  }
  if (names.empty() && needs_kinds(rules.functions))
    table.refuse("kinds", "must name at least one kind, like [\"jpki-authentication\"]");
}

void read_constraints(TomlTable table, Constraints& constraints) {
  constexpr std::int64_t kAbsent = -1;
  std::int64_t length = kAbsent;
  table.get("path_length", length, 0, kMaxPathLength);
  if (length != kAbsent) constraints.path_length = static_cast<unsigned>(length);
  table.get("policies", constraints.policies);
  for (const std::string& policy : constraints.policies)
    if (!x509::is_dotted_oid(policy))
      table.refuse("policies",
                   fmt::format("holds \"{}\"; must be dotted OIDs, like 1.2.392.200149.8.5.1.3.30", policy));
  table.get("explicit_policy", constraints.explicit_policy);
  table.get("inhibit_mapping", constraints.inhibit_mapping);
  table.get("inhibit_any", constraints.inhibit_any);
  table.refuse_unknown();
}

Rules read_rules(TomlTable& table) {
  Rules rules;
  table.get("certificate", rules.certificate_file);
  if (rules.certificate_file.empty() || rules.certificate_file.find('/') != std::string::npos)
    table.refuse("certificate", "must name a file in this directory, without a path");
  table.get("sha256", rules.fingerprint);
  if (!parse_fingerprint(rules.fingerprint))
    table.refuse("sha256", "must be 32 bytes in hexadecimal, as the CA published them");
  read_functions(table, rules);
  read_kinds(table, rules);
  table.get("accept_from", rules.accept_from);
  table.get("accept_until", rules.accept_until);
  if (rules.accept_from && rules.accept_until && *rules.accept_from >= *rules.accept_until)
    table.refuse("accept_until", "must be later than accept_from");
  read_constraints(table.table("constraints"), rules.constraints);
  table.refuse_unknown();
  return rules;
}

Expected<Anchor, std::string> load_anchor(const TrustedDirectory& directory, const std::string& file) {
  const auto text = directory.read(file);
  if (!text) return Unexpected{text.error().text};
  return decode_anchor(as_text(*text), directory.path_of(file),
                       [&](const std::string& name) -> Expected<Blob, std::string> {
                         auto content = directory.read(name);
                         if (!content) return Unexpected{content.error().text};
                         return std::move(*content);
                       });
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

Store store_of(Function function) noexcept {
  switch (function) {
    case Function::kLogin:
    case Function::kRevocationData:
    case Function::kOcspSigner:
      return Store::kPersons;
    case Function::kTls:
      return Store::kTls;
    case Function::kCvsSigner:
      return Store::kValidationServer;
  }
  return Store::kPersons;
}

bool Anchor::serves(Function function) const {
  return std::ranges::find(functions, function) != functions.end();
}

const Anchor* twin_of(const Anchor& anchor, const TrustStore& anchors) {
  const auto found = std::ranges::find_if(anchors, [&](const Anchor& other) {
    return other.name != anchor.name &&
           names_equal(other.certificate.subject(), anchor.certificate.subject()) &&
           x509::same_public_key(other.certificate.subject_public_key_info(),
                                 anchor.certificate.subject_public_key_info()) &&
           std::ranges::any_of(anchor.functions, [&](Function function) { return other.serves(function); });
  });
  return found == anchors.end() ? nullptr : &*found;
}

Expected<Blob, std::string> authority_der(Bytes content) {
  auto found = certificates_in(content);
  if (!found) return Unexpected{found.error()};
  if (found->size() != 1)
    return Unexpected{
        std::string("contains more than one certificate; make one file and one .toml for each")};
  return std::move(found->front());
}

Expected<x509::Certificate, std::string> decode_authority(Bytes content) {
  const auto der = authority_der(content);
  if (!der) return Unexpected{der.error()};
  auto certificate = x509::Certificate::decode(*der);
  if (!certificate) return Unexpected{certificate.error()};
  if (!is_authority(*certificate))
    return Unexpected{
        std::string("not a CA certificate (basicConstraints, keyUsage); use the issuer's certificate")};
  return certificate;
}

bool Anchor::accepted_at(Time when) const {
  return (!accept_from || *accept_from <= when) && (!accept_until || when < *accept_until);
}

bool Anchor::vouches_for(x509::Kind kind) const {
  return std::ranges::find(kinds, kind) != kinds.end();
}

Expected<Anchor, std::string> decode_anchor(std::string_view toml, const std::string& path,
                                            const ReadCertificate& read_certificate) {
  auto document = settings::TomlDocument::parse(toml, path);
  if (!document) return Unexpected{document.error()};
  auto table = document->root();
  Rules rules = read_rules(table);
  if (document->problem()) return Unexpected{*document->problem()};

  const auto content = read_certificate(rules.certificate_file);
  if (!content) return Unexpected{content.error()};
  const std::filesystem::path file(path);
  const auto refuse_certificate = [&](const std::string& why) {
    return Unexpected{(file.parent_path() / rules.certificate_file).string() + ": " + why};
  };
  const auto der = authority_der(*content);
  if (!der) return refuse_certificate(der.error());
  const auto actual = fingerprint_of(*der);
  if (!actual) return Unexpected{path + ": SHA-256 failed"};
  if (parse_fingerprint(rules.fingerprint) != actual)
    table.refuse("sha256",
                 fmt::format("is not the fingerprint of {}; compare both with the official publication",
                             rules.certificate_file));
  if (document->problem()) return Unexpected{*document->problem()};
  auto certificate = decode_authority(*der);
  if (!certificate) return refuse_certificate(certificate.error());
  return Anchor{
      file.stem(),        std::move(*certificate),    std::move(rules.kinds),      rules.accept_from,
      rules.accept_until, std::move(rules.functions), std::move(rules.constraints)};
}

Expected<Unit, std::string> check_anchor_rules(std::string_view toml, const std::string& path) {
  auto document = settings::TomlDocument::parse(toml, path);
  if (!document) return Unexpected{document.error()};
  auto table = document->root();
  (void)read_rules(table);
  if (document->problem()) return Unexpected{*document->problem()};
  return Unit{};
}

Expected<TrustStore, std::string> load_trust_store(const std::string& path, const FileTrust& trust) {
  const auto directory = TrustedDirectory::open(path, trust);
  if (!directory) return Unexpected{directory.error().text};
  const auto files = directory->list(kSuffix);
  if (!files) return Unexpected{files.error().text};
  if (files->empty()) return Unexpected{path + ": no anchors; add NAME.toml and the CA certificate it names"};
  TrustStore store;
  for (const std::string& file : *files) {
    auto anchor = load_anchor(*directory, file);
    if (!anchor) return Unexpected{anchor.error()};
    store.push_back(std::move(*anchor));
  }
  return store;
}

}  // namespace jpki::trust
