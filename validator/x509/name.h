// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Distinguished names: decoding, comparison by RFC 5280 section 7.1, text forms.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/expected.h"

namespace jpki::x509 {

struct AttributeTypeAndValue {
  std::string type;        // dotted OID
  std::uint8_t tag = 0;    // the value's ASN.1 tag
  Bytes value;             // contents, pointing into the DER that was decoded
  std::string normalized;  // prepared for comparison: UTF-8, case folded, inner spaces collapsed; for tags
                           // that are no character strings: tag and contents as they are
};

// RelativeDistinguishedNames in encoded order, most general first.
struct Name {
  std::vector<std::vector<AttributeTypeAndValue>> rdns;
  bool empty() const { return rdns.empty(); }
};

// Decodes a DER Name with its header. The views point into `der`.
Expected<Name, std::string> decode_name(Bytes der);

// RFC 5280 7.1: same RDNs in order, each the same set of attributes; case and space insensitive across
// PrintableString and UTF8String.
bool names_equal(const Name& a, const Name& b);

// Active Directory's form for mapping strings: encoded order, "S" for stateOrProvinceName, `\,` for a comma in
// a value, unknown types as OID.1.2.3 (the way Windows and SSSD's certmap write it).
std::string to_ad_string(const Name& name);

}  // namespace jpki::x509
