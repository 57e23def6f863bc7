// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The text of a mapping string, as Windows, Samba and SSSD write it into altSecurityIdentities (KB5014754):
// its forms and its canonical spelling. Nothing here knows a certificate; validator/map makes the strings of
// one.
#pragma once

#include "base/expected.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace jpki::mapping {

// What the forms begin with, and what stands between issuer and the rest.
inline constexpr std::string_view kIssuerPrefix = "X509:<I>";
inline constexpr std::string_view kSerialInfix = "<SR>";
inline constexpr std::string_view kSubjectInfix = "<S>";
inline constexpr std::string_view kKeyIdentifierPrefix = "X509:<SKI>";
inline constexpr std::string_view kThumbprintPrefix = "X509:<SHA1-PUKEY>";
inline constexpr std::string_view kSubjectPrefix = "X509:<S>";
inline constexpr std::string_view kRfc822Prefix = "X509:<RFC822>";
inline constexpr std::size_t kThumbprintSize = 20;  // bytes: the SHA-1 of a certificate

// The one spelling of a strong mapping string that all its spellings share: digits and attribute names in
// lower case, values as they are but for UTF-8 in hex pairs (as SSSD writes it). The error says what is
// wrong; weak forms (<S>, <RFC822>, <I> with <S>) are errors.
Expected<std::string, std::string> canonical_mapping(std::string_view mapping);

// Forms that name a person rather than a certificate: whoever gets a certificate of that name issued by any
// accepted authority is that person. They bind only where an administrator allows them (KB5014754).
enum class WeakForm : std::uint8_t {
  kIssuerSubject,  // "X509:<I>…<S>…"
  kSubject,        // "X509:<S>…"
  kRfc822,         // "X509:<RFC822>…", a subjectAltName or the subject's emailAddress
};
inline constexpr WeakForm kAllWeakForms[] = {WeakForm::kIssuerSubject, WeakForm::kSubject, WeakForm::kRfc822};

// "issuer-subject", "subject", "rfc822"
std::string_view name_of(WeakForm form) noexcept;
std::optional<WeakForm> weak_form_from(std::string_view name) noexcept;

// As canonical_mapping() above, and for the forms in `allowed`. Mail addresses are in lower case.
Expected<std::string, std::string> canonical_mapping(std::string_view mapping,
                                                     std::span<const WeakForm> allowed);

}  // namespace jpki::mapping
