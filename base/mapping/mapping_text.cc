// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/mapping/mapping_text.h"

#include "base/ascii_case.h"
#include "base/number.h"

#include <algorithm>

namespace jpki::mapping {
namespace {

// Lower-case digits of whole bytes, or nothing.
std::optional<std::string> canonical_hex(std::string_view digits) {
  std::string out = to_lower(digits);
  const bool hex =
      std::ranges::all_of(out, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!hex || out.empty() || out.size() % 2 != 0) return std::nullopt;
  return out;
}

// Attribute names in lower case, and bytes of UTF-8 as they are where SSSD writes them as RFC 4514 hex pairs
// (\E5\9C\B0). Attribute names stand at the beginning and after each unescaped comma or plus sign.
std::optional<std::string> canonical_name(std::string_view name) {
  std::string out;
  bool in_type = true;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    out.push_back(in_type ? to_lower(c) : c);
    if (c == '\\') {
      if (in_type || ++i == name.size()) return std::nullopt;
      const auto byte = whole_number<std::uint8_t>(name.substr(i, 2), 16);
      if (byte && *byte >= 0x80) {
        out.back() = static_cast<char>(*byte);
        ++i;
      } else {
        out.push_back(name[i]);
      }
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
  const auto at = rest.rfind(kSerialInfix);
  if (at == std::string_view::npos)
    return refuse("<I> without <SR> is a weak mapping; write X509:<I>issuer<SR>reversed serial");
  const auto name = canonical_name(rest.substr(0, at));
  if (!name) return refuse("<I> does not contain a distinguished name like C=JP,O=Example");
  const auto serial = canonical_hex(rest.substr(at + kSerialInfix.size()));
  if (!serial) return refuse("<SR> must be hexadecimal, two digits per byte");
  return std::string(kIssuerPrefix) + *name + std::string(kSerialInfix) + *serial;
}

Expected<std::string, std::string> canonical_weak(std::string_view mapping, WeakForm form) {
  switch (form) {
    case WeakForm::kIssuerSubject: {
      const std::string_view rest = mapping.substr(kIssuerPrefix.size());
      const auto at = rest.find(kSubjectInfix);
      const auto issuer = canonical_name(rest.substr(0, at));
      const auto subject = canonical_name(rest.substr(at + kSubjectInfix.size()));
      if (!issuer || !subject) return refuse("<I>…<S>… needs two distinguished names like C=JP,O=Example");
      return std::string(kIssuerPrefix) + *issuer + std::string(kSubjectInfix) + *subject;
    }
    case WeakForm::kSubject: {
      const auto subject = canonical_name(mapping.substr(kSubjectPrefix.size()));
      if (!subject) return refuse("<S> does not contain a distinguished name like C=JP,O=Example");
      return std::string(kSubjectPrefix) + *subject;
    }
    case WeakForm::kRfc822: {
      const std::string_view address = mapping.substr(kRfc822Prefix.size());
      if (address.find('@') == std::string_view::npos)
        return refuse("<RFC822> does not contain a mail address");
      return std::string(kRfc822Prefix) + to_lower(address);
    }
  }
  return refuse("not a mapping string");
}

// Which weak form a string has; names escape '<' (RFC 4514 2.4), so "<S>" in <I> is never part of a value.
std::optional<WeakForm> weak_form_of(std::string_view mapping) {
  if (mapping.starts_with(kSubjectPrefix)) return WeakForm::kSubject;
  if (mapping.starts_with(kRfc822Prefix)) return WeakForm::kRfc822;
  const bool issuer = mapping.starts_with(kIssuerPrefix);
  if (!issuer) return std::nullopt;
  const auto at = mapping.find(kSubjectInfix, kIssuerPrefix.size());
  const bool escaped = at != std::string_view::npos && mapping[at - 1] == '\\';
  return at == std::string_view::npos || escaped ? std::nullopt : std::optional(WeakForm::kIssuerSubject);
}

}  // namespace

std::string_view name_of(WeakForm form) noexcept {
  switch (form) {
    case WeakForm::kIssuerSubject:
      return "issuer-subject";
    case WeakForm::kSubject:
      return "subject";
    case WeakForm::kRfc822:
      return "rfc822";
  }
  return "";
}

std::optional<WeakForm> weak_form_from(std::string_view name) noexcept {
  for (const WeakForm form : kAllWeakForms)
    if (name == name_of(form)) return form;
  return std::nullopt;
}

Expected<std::string, std::string> canonical_mapping(std::string_view mapping,
                                                     std::span<const WeakForm> allowed) {
  const auto form = weak_form_of(mapping);
  if (!form) return canonical_mapping(mapping);
  if (std::ranges::find(allowed, *form) == allowed.end())
    return refuse(
        "a weak mapping that is not allowed; bind the certificate with X509:<SKI>… or X509:<SHA1-PUKEY>…");
  return canonical_weak(mapping, *form);
}

Expected<std::string, std::string> canonical_mapping(std::string_view mapping) {
  if (mapping.starts_with(kIssuerPrefix))
    return canonical_issuer_and_serial(mapping.substr(kIssuerPrefix.size()));
  for (const std::string_view form : {kKeyIdentifierPrefix, kThumbprintPrefix}) {
    if (!mapping.starts_with(form)) continue;
    const auto digits = canonical_hex(mapping.substr(form.size()));
    if (!digits) return refuse("<SKI> and <SHA1-PUKEY> must be hexadecimal, two digits per byte");
    if (form == kThumbprintPrefix && digits->size() != 2 * kThumbprintSize)
      return refuse("<SHA1-PUKEY> must be 40 digits: the certificate's SHA-1 thumbprint");
    return std::string(form) + *digits;
  }
  return refuse("not a strong mapping string; possible: X509:<I>…<SR>…, X509:<SKI>…, X509:<SHA1-PUKEY>…");
}

}  // namespace jpki::mapping
