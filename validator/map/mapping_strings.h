// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Mapping strings as Windows, Samba and SSSD write them into altSecurityIdentities (KB5014754).
#pragma once

#include "base/expected.h"
#include "validator/x509/certificate.h"
#include "validator/x509/kind.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::map {

// The strong forms of a certificate, in this order: "X509:<I>…<SR>…", "X509:<SKI>…" (when it has one),
// "X509:<SHA1-PUKEY>…" (the certificate's SHA-1 thumbprint, as Windows computes it). Spelled as Microsoft
// does: upper case digits for the serial (bytes reversed, the INTEGER's leading zero dropped), lower case for
// the other two.
std::vector<std::string> strong_mapping_strings(const x509::Certificate& certificate);

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

// The strings of a certificate in `forms`; there may be several <RFC822>.
std::vector<std::string> weak_mapping_strings(const x509::Certificate& certificate,
                                              std::span<const WeakForm> forms);

// As canonical_mapping() above, and for the forms in `allowed`. Mail addresses are in lower case.
Expected<std::string, std::string> canonical_mapping(std::string_view mapping,
                                                     std::span<const WeakForm> allowed);

// Issuer and serial name one certificate only where issuer names are unique. JPKI's are not: all its
// generations have one name and serials of their own of at most four bytes, so two persons may have the same
// pair.
bool names_one_certificate(std::string_view mapping, x509::Kind kind);

}  // namespace jpki::map
