// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Trust anchors and the rules an administrator attached to each (R3, R4): functions, kinds, constraints and
// the administrative window. Anchors come from anchors.d alone; never from a card, never from AIA.
#pragma once

#include "base/safe_file.h"
#include "validator/x509/certificate.h"
#include "validator/x509/kind.h"

#include <functional>
#include <string>
#include <vector>

namespace jpki::trust {

// What an anchor is trusted to do. A generation may survive for its revocation data alone (R4); the anchors
// of TLS and of a validation server's answers are apart from those of persons' certificates (R14).
enum class Function {
  kLogin,           // "login": end of the path of a certificate that logs in
  kRevocationData,  // "revocation-data": end of the path of a CRL's signer
  kOcspSigner,      // "ocsp-signer": end of the path whose CA signs or delegates OCSP answers
  kTls,             // "tls": end of the path of a TLS server that jpki-fetch talks to
  kCvsSigner,       // "cvs-signer": end of the path of a validation server's response signer
};
std::string_view name_of(Function function) noexcept;
std::optional<Function> function_from(std::string_view name) noexcept;

// R14: three stores that know nothing of each other.
enum class Store { kPersons, kTls, kValidationServer };
Store store_of(Function function) noexcept;

// RFC 5937 3.2: constraints that the administrator puts on every path to this anchor.
struct Constraints {
  std::optional<unsigned> path_length;  // as pathLenConstraint of the anchor
  std::vector<std::string> policies;    // the only policies it may vouch for; empty: any
  bool explicit_policy = false;
  bool inhibit_mapping = false;
  bool inhibit_any = false;
};

inline const std::vector<Function> kDefaultFunctions = {Function::kLogin, Function::kRevocationData,
                                                        Function::kOcspSigner};

struct Anchor {
  std::string name;                 // file name without suffix: "jpki-auth-g3"; appears in logs
  x509::Certificate certificate;    // trusted for its name and key
  std::vector<x509::Kind> kinds;    // the kinds of certificates it may vouch for
  std::optional<Time> accept_from;  // outside of [accept_from, accept_until) it vouches for nothing (R3)
  std::optional<Time> accept_until;
  std::vector<Function> functions = kDefaultFunctions;
  Constraints constraints = {};

  bool serves(Function function) const;
  bool accepted_at(Time when) const;
  bool vouches_for(x509::Kind kind) const;
};

using TrustStore = std::vector<Anchor>;

// Another anchor than `anchor` with its name, its key and one of its functions: what is said of one of the
// two (a window, a constraint) changes little while the other remains. Nothing when there is none.
const Anchor* twin_of(const Anchor& anchor, const TrustStore& anchors);

// Reads every NAME.toml of the directory `path` and the certificate it names:
//   certificate  = "NAME.pem"          PEM or DER, in the same directory
//   sha256       = "AB:CD:…"           fingerprint typed from the official publication; must match
//   kinds        = ["jpki-authentication"]    what it vouches for; not for "tls" and "cvs-signer"
//   functions    = ["login", …]               optional; "tls" and "cvs-signer" stand alone (R14)
//   accept_from  = 2023-07-16T00:00:00+09:00    optional; an offset is required
//   accept_until = 2033-07-15T00:00:00+09:00    optional
//   [constraints]                             optional, RFC 5937 3.2: path_length, policies, explicit_policy,
//                                             inhibit_mapping, inhibit_any
// Unknown keys, a wrong fingerprint, a certificate that is no CA, an unsafe file or an empty directory: an
// error with file:line and a hint. One bad anchor makes the whole store unusable: the admin must see it.
Expected<TrustStore, std::string> load_trust_store(const std::string& path, const FileTrust& trust = {});

// The one certificate of an anchor's file, PEM or DER, in DER: taken out of its wrapping, not decoded.
Expected<Blob, std::string> authority_der(Bytes content);
// The same, decoded: of a CA that may sign certificates.
Expected<x509::Certificate, std::string> decode_authority(Bytes content);

// One anchor, of the directory and name in `path`. `read_certificate` gets the value of "certificate". What
// it reads is decoded only when it has the fingerprint: until then it is nobody's word. The error shows no
// fingerprint: nobody shall copy it from there.
using ReadCertificate = std::function<Expected<Blob, std::string>(const std::string& file)>;
Expected<Anchor, std::string> decode_anchor(std::string_view toml, const std::string& path,
                                            const ReadCertificate& read_certificate);
// What is wrong with NAME.toml by itself, whatever certificate it names.
Expected<Unit, std::string> check_anchor_rules(std::string_view toml, const std::string& path);

}  // namespace jpki::trust
