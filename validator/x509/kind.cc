// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/kind.h"

#include <algorithm>

namespace jpki::x509 {
namespace {

struct KindName {
  Kind kind;
  std::string_view name;
};
constexpr KindName kNames[] = {
    {Kind::kJpkiAuthentication, "jpki-authentication"},
    {Kind::kJpkiSignature, "jpki-signature"},
    {Kind::kLgpkiUser, "lgpki-user"},
    {Kind::kLgpkiRole, "lgpki-role"},
    {Kind::kDocumentSigning, "document-signing"},
    {Kind::kEncryption, "encryption"},
    {Kind::kWebServer, "web-server"},
    {Kind::kMail, "mail"},
    {Kind::kCodeSigning, "code-signing"},
    {Kind::kCirsTerminal, "cirs-terminal"},
    {Kind::kAuthority, "authority"},
    {Kind::kUnknown, "unknown"},
};

}  // namespace

std::string_view name_of(Kind kind) noexcept {
  const auto* const found = std::ranges::find(kNames, kind, &KindName::kind);
  return found == std::end(kNames) ? "unknown" : found->name;
}

std::optional<Kind> kind_from(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(kNames, name, &KindName::name);
  if (found == std::end(kNames)) return std::nullopt;
  return found->kind;
}

std::span<const KindRule> published_rules() {
  static const KindRule kPublished[] = {{Kind::kJpkiAuthentication, "1.2.392.200149.8.5.1.3.30"},
                                        {Kind::kJpkiSignature, "1.2.392.200149.8.5.1.1.20"}};
  return kPublished;
}

std::vector<std::string> policies_of(Kind kind, const std::vector<KindRule>& rules) {
  std::vector<std::string> policies;
  for (const KindRule& rule : rules)
    if (rule.kind == kind) policies.push_back(rule.policy);
  for (const KindRule& published : published_rules())
    if (published.kind == kind) policies.emplace_back(published.policy);
  return policies;
}

bool is_dotted_oid(std::string_view text) noexcept {
  const bool characters =
      std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return characters && text.find('.') != std::string_view::npos && !text.starts_with('.') &&
         !text.ends_with('.') && text.find("..") == std::string_view::npos && text.front() <= '2' &&
         text[1] == '.';
}

bool is_login_kind(Kind kind) noexcept {
  return kind == Kind::kJpkiAuthentication || kind == Kind::kLgpkiUser || kind == Kind::kLgpkiRole;
}

Verdict refusal_for(Kind kind) noexcept {
  switch (kind) {
    case Kind::kJpkiAuthentication:
    case Kind::kLgpkiUser:
      return Verdict::kKindNotAllowed;
    case Kind::kJpkiSignature:
      return Verdict::kKindJpkiSignature;
    case Kind::kLgpkiRole:
      return Verdict::kKindLgpkiRole;
    case Kind::kDocumentSigning:
      return Verdict::kKindDocumentSigning;
    case Kind::kEncryption:
      return Verdict::kKindEncryption;
    case Kind::kWebServer:
      return Verdict::kKindWebServer;
    case Kind::kMail:
      return Verdict::kKindMail;
    case Kind::kCodeSigning:
      return Verdict::kKindCodeSigning;
    case Kind::kCirsTerminal:
      return Verdict::kKindCirsTerminal;
    case Kind::kAuthority:
    case Kind::kUnknown:
      return Verdict::kKindUnknown;
  }
  return Verdict::kKindUnknown;
}

}  // namespace jpki::x509
