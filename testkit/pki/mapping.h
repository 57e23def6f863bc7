// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The three strong mapping strings of altSecurityIdentities (KB5014754), as Windows and SSSD spell them.
#pragma once

#include "testkit/pki/names.h"

#include <string>
#include <vector>

namespace jpki::testpki {

// "X509:<I>C=JP,O=…<SR>0302018f": names most general first, the serial's bytes reversed, its leading zero
// dropped.
std::string issuer_serial_mapping(const std::vector<Attribute>& issuer, Bytes serial);
// "X509:<SKI>…"
std::string key_identifier_mapping(Bytes key_identifier);
// "X509:<SHA1-PUKEY>…", which is the thumbprint of the whole certificate.
std::string thumbprint_mapping(Bytes certificate);

}  // namespace jpki::testpki
