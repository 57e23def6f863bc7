// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/map/mapping_strings.h"

#include "base/ascii_case.h"

#include <algorithm>
#include <array>

#include <gnutls/crypto.h>

namespace jpki::map {
namespace {

std::string reversed_serial(Bytes serial) {
  if (serial.size() > 1 && serial[0] == 0) serial = serial.subspan(1);
  Blob bytes = to_blob(serial);
  std::ranges::reverse(bytes);
  return to_upper(to_hex(bytes));
}

// subjectAltName's rfc822Names, then the subject's emailAddress attributes, each address once: all of them
// are judged by rfc822Name constraints (validator/path/name_constraint_state.h).
std::vector<std::string> mail_addresses(const x509::Certificate& certificate) {
  std::vector<std::string> addresses;
  const auto add = [&addresses](std::string_view address) {
    if (!address.empty() && std::ranges::find(addresses, address) == addresses.end())
      addresses.emplace_back(address);
  };
  for (const x509::GeneralName& name : certificate.decoded_extensions().subject_alt_names)
    if (name.form == x509::NameForm::kRfc822Name) add(as_text(name.value));
  for (const std::string_view address : x509::email_addresses(certificate.subject())) add(address);
  return addresses;
}

}  // namespace

std::vector<std::string> weak_mapping_strings(const x509::Certificate& certificate,
                                              std::span<const mapping::WeakForm> forms) {
  std::vector<std::string> strings;
  for (const mapping::WeakForm form : forms) {
    const std::string subject = to_ad_string(certificate.subject());
    switch (form) {
      case mapping::WeakForm::kIssuerSubject:
        if (!subject.empty())
          strings.push_back(std::string(mapping::kIssuerPrefix) + to_ad_string(certificate.issuer()) +
                            std::string(mapping::kSubjectInfix) + subject);
        break;
      case mapping::WeakForm::kSubject:
        if (!subject.empty()) strings.push_back(std::string(mapping::kSubjectPrefix) + subject);
        break;
      case mapping::WeakForm::kRfc822:
        for (const std::string& address : mail_addresses(certificate))
          strings.push_back(std::string(mapping::kRfc822Prefix) + address);
        break;
    }
  }
  return strings;
}

std::vector<std::string> strong_mapping_strings(const x509::Certificate& certificate) {
  std::vector<std::string> strings{issuer_serial_string(certificate.issuer(), certificate.serial())};
  const auto identifier = certificate.subject_key_identifier();
  if (identifier && !identifier->empty())
    strings.push_back(std::string(mapping::kKeyIdentifierPrefix) + to_hex(*identifier));
  if (std::string thumbprint = thumbprint_string(certificate.der()); !thumbprint.empty())
    strings.push_back(std::move(thumbprint));
  return strings;
}

std::string issuer_serial_string(const x509::Name& issuer, Bytes serial) {
  return std::string(mapping::kIssuerPrefix) + to_ad_string(issuer) + std::string(mapping::kSerialInfix) +
         reversed_serial(serial);
}

std::string thumbprint_string(Bytes certificate) {
  std::array<std::uint8_t, mapping::kThumbprintSize> thumbprint{};
  if (gnutls_hash_fast(GNUTLS_DIG_SHA1, certificate.data(), certificate.size(), thumbprint.data()) != 0)
    return {};
  return std::string(mapping::kThumbprintPrefix) + to_hex(thumbprint);
}

bool names_one_certificate(std::string_view string, x509::Kind kind) {
  return kind != x509::Kind::kJpkiAuthentication || !string.starts_with(mapping::kIssuerPrefix);
}

}  // namespace jpki::map
