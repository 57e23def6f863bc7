// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CertID (RFC 6960 4.1.1), each field free.
#pragma once

#include "testkit/pki/der_writer.h"
#include "testkit/pki/private_key.h"

#include <string>

namespace jpki::testocsp {

struct CertId {
  std::string hash = "1.3.14.3.2.26";  // dotted
  Blob hash_parameters = testpki::der::null();
  Blob issuer_name_hash;
  Blob issuer_key_hash;
  Blob serial;  // contents of the INTEGER
};

// MD5, SHA-1 or SHA-256 of `data`.
Blob digest_of(testpki::Digest digest, Bytes data);
const char* digest_oid(testpki::Digest digest);

// `issuer_name` is a DER Name, `issuer_key` a DER SubjectPublicKeyInfo.
CertId cert_id(testpki::Digest digest, Bytes issuer_name, Bytes issuer_key, Bytes serial);

Blob encode(const CertId& id);

}  // namespace jpki::testocsp
