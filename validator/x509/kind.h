// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Kinds of certificates (R15): which kind a certificate is, by its profile and never by where it lay.
#pragma once

#include "base/verdict.h"
#include "validator/x509/certificate.h"

#include <string>
#include <vector>

namespace jpki::x509 {

enum class Kind {
  kJpkiAuthentication,  // 利用者証明用電子証明書
  kJpkiSignature,       // 署名用電子証明書
  kLgpkiUser,           // 利用者証明書
  kLgpkiRole,           // 職責証明書
  kDocumentSigning,     // 文書等署名用職責証明書
  kEncryption,          // 暗号化通信用等証明書
  kWebServer,
  kMail,
  kCodeSigning,
  kCirsTerminal,
  kAuthority,  // a CA certificate: never a candidate
  kUnknown,
};
std::string_view name_of(Kind kind) noexcept;  // "jpki-authentication", as written in jpki.toml
std::optional<Kind> kind_from(std::string_view name) noexcept;

// One line of the kind table. A certificate is of `kind` when it carries `policy`.
struct KindRule {
  Kind kind;
  std::string policy;  // certificate policy OID, dotted
};

// The kind: by policy OID first; without a rule that matches, by EKU and key usage (serverAuth → web server,
// emailProtection → mail, codeSigning → code signing, keyEncipherment without digitalSignature → encryption,
// nonRepudiation without digitalSignature → document signing), else kUnknown. The published JPKI policies
// (1.2.392.200149.8.5.1.3.30 and ….1.1.20) are always known. For the login kinds the whole profile must fit
// as well: keyUsage digitalSignature present, EKU absent or with clientAuth/anyEKU/smartcardLogon; a
// certificate with the policy but another profile is kUnknown.
Kind classify(const Certificate& certificate, const std::vector<KindRule>& rules);

// The policy OIDs that make a certificate one of `kind`: the rules' and the published ones. What a path has
// to be valid for, RFC 5280 6.1.1(c); never what the certificate claims besides.
std::vector<std::string> policies_of(Kind kind, const std::vector<KindRule>& rules);

// Digits and single dots, as written in settings: "1.2.392.200149.8.5.1.3.30".
bool is_dotted_oid(std::string_view text) noexcept;

// May certificates of this kind ever log a person in? Those two kinds, and role certificates by rule.
bool is_login_kind(Kind kind) noexcept;

// The refusal for a certificate that is of this kind although a login kind was wanted.
Verdict refusal_for(Kind kind) noexcept;

}  // namespace jpki::x509
