// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Distinguished names and GeneralNames as DER.
#pragma once

#include "testkit/pki/der_writer.h"

#include <string>
#include <string_view>
#include <vector>

namespace jpki::testpki {

// One attribute of a Name; `tag` is its string type: der::kUtf8String, der::kPrintableString, …
struct Attribute {
  std::string type;  // dotted OID
  std::string value;
  std::uint8_t tag = der::kUtf8String;
};

inline Attribute country(std::string_view value) {
  return {"2.5.4.6", std::string(value), der::kPrintableString};
}
inline Attribute organization(std::string_view value, std::uint8_t tag = der::kUtf8String) {
  return {"2.5.4.10", std::string(value), tag};
}
inline Attribute organizational_unit(std::string_view value, std::uint8_t tag = der::kUtf8String) {
  return {"2.5.4.11", std::string(value), tag};
}
inline Attribute common_name(std::string_view value, std::uint8_t tag = der::kUtf8String) {
  return {"2.5.4.3", std::string(value), tag};
}

// A Name with one attribute a RelativeDistinguishedName, most general first.
Blob distinguished_name(const std::vector<Attribute>& attributes);

// GeneralName, RFC 5280 4.2.1.6.
Blob directory_name(Bytes name);                     // [4] Name
Blob uri_name(std::string_view uri);                 // [6]
Blob other_name(std::string_view oid, Bytes value);  // [0]

}  // namespace jpki::testpki
