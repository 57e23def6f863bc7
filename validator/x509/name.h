// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Distinguished names: decoding, comparison by RFC 5280 section 7.1, text forms.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"

#include <string>
#include <string_view>
#include <vector>

namespace jpki::x509 {

struct AttributeTypeAndValue {
  std::string type;        // dotted OID
  std::uint8_t tag = 0;    // the value's ASN.1 tag
  Bytes value;             // contents, pointing into the DER that was decoded
  std::string text;        // UTF-8, as encoded; empty for tags that are no character strings
  std::string normalized;  // prepared for comparison (prepare_text); for tags that are no character strings:
                           // tag and contents as they are
};

// RelativeDistinguishedNames in encoded order, most general first.
struct Name {
  std::vector<std::vector<AttributeTypeAndValue>> rdns;
  bool empty() const { return rdns.empty(); }
};

// Decodes a DER Name with its header. The views point into `der`. More than kMaxNameSize bytes, more than
// kMaxAttributes attributes, or characters that do not fit their string type are errors.
inline constexpr std::size_t kMaxNameSize = 16 * 1024;
inline constexpr std::size_t kMaxAttributes = 64;
Expected<Name, std::string> decode_name(Bytes der);

// Decodes the contents of one RelativeDistinguishedName (a SET OF), as in nameRelativeToCRLIssuer. The same
// limits.
Expected<std::vector<AttributeTypeAndValue>, std::string> decode_rdn(Bytes contents);

// RFC 5280 7.1: same RDNs in order, each the same set of attributes; case and space insensitive across
// PrintableString and UTF8String.
bool names_equal(const Name& a, const Name& b);

// Are the RDNs of `base` the first ones of `name`, compared as above?
bool name_begins_with(const Name& name, const Name& base);

// Is it so, or could it be so? Of two values of one attribute type of which one is no character string nobody
// here knows whether they are the same.
bool name_may_begin_with(const Name& name, const Name& base);

// Every value of the subject's emailAddress attributes, decoded to UTF-8, empty where it is no character
// string. Views into `subject`.
std::vector<std::string_view> email_addresses(const Name& subject);

// Active Directory's form for mapping strings: encoded order, "S" for stateOrProvinceName, `\,` for a comma
// in a value (RFC 4514 escapes), unknown types as OID.1.2.3 (the way Windows and SSSD's certmap write it).
// Values that are no character strings are written as '#' and the contents in hexadecimal.
std::string to_ad_string(const Name& name);

}  // namespace jpki::x509
