// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Kinds of certificates (R15): their names, the policies that make them, what they are good for. It needs no
// certificate: jpki-fetch reads the names in jpki.toml, and loads nothing for certificates.
#pragma once

#include "base/verdict.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
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

// The published JPKI policies, which are always known.
std::span<const KindRule> published_rules();

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
