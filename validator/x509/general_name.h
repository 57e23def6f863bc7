// SPDX-License-Identifier: LGPL-2.1-or-later
//
// GeneralName (RFC 5280 4.2.1.6): the names of subjectAltName, nameConstraints, distribution points and CRL
// entries.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "validator/asn1/der_reader.h"
#include "validator/x509/name.h"

#include <optional>
#include <string>
#include <vector>

namespace jpki::x509 {

// The numbers are the context tags.
enum class NameForm : std::uint8_t {
  kOtherName = 0,
  kRfc822Name = 1,
  kDnsName = 2,
  kX400Address = 3,
  kDirectoryName = 4,
  kEdiPartyName = 5,
  kUri = 6,
  kIpAddress = 7,
  kRegisteredId = 8,
};
std::string_view name_of(NameForm form) noexcept;

struct GeneralName {
  NameForm form = NameForm::kOtherName;
  Bytes value;               // contents; of a directoryName the Name with its header
  std::optional<Name> name;  // decoded; of a directoryName alone
};

// Decodes one value of a SEQUENCE or SET. Nothing when its tag is no GeneralName's, its text is not ASCII, or
// its Name is malformed. The views point into what was decoded. Whether an iPAddress is an address or an
// address and a mask is the caller's to know.
std::optional<GeneralName> decode_general_name(const asn1::Element& element);

// The address of an otherName that is an SmtpUTF8Mailbox (RFC 9598 3), in UTF-8; empty when it is malformed,
// as when the otherName does not even tell what it is. Nothing for all other names.
std::optional<Bytes> utf8_mailbox(const GeneralName& name);

using GeneralNames = std::vector<GeneralName>;

// Decodes the contents of GeneralNames: at least one and at most kMaxGeneralNames.
inline constexpr std::size_t kMaxGeneralNames = 512;
std::optional<GeneralNames> decode_general_names(Bytes contents);

// The same name: a directoryName as RFC 5280 7.1 compares, others by their bytes.
bool names_equal(const GeneralName& a, const GeneralName& b);
bool contains(const GeneralNames& names, const GeneralName& name);
bool contains(const GeneralNames& names, const Name& directory_name);

}  // namespace jpki::x509
