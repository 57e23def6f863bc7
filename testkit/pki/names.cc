// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/pki/names.h"

namespace jpki::testpki {

Blob distinguished_name(const std::vector<Attribute>& attributes) {
  Blob rdns;
  for (const Attribute& attribute : attributes) {
    const Blob pair = der::sequence({der::oid(attribute.type), der::text(attribute.tag, attribute.value)});
    der::append(rdns, der::tlv(der::kSet, pair));
  }
  return der::tlv(der::kSequence, rdns);
}

Blob directory_name(Bytes name) {
  return der::tlv(der::context_constructed(4), name);
}
Blob uri_name(std::string_view uri) {
  return der::text(der::context(6), uri);
}

Blob other_name(std::string_view oid, Bytes value) {
  return der::tlv(der::context_constructed(0), {der::oid(oid), der::tlv(der::context_constructed(0), value)});
}

}  // namespace jpki::testpki
