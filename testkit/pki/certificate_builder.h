// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CertificateBuilder: one X.509 certificate with full freedom, well-formed or not.
//
//   CertificateBuilder builder;
//   builder.issuer = ca_name;  builder.subject = name;  builder.not_before = …;  builder.not_after = …;
//   builder.subject_public_key_info = key.subject_public_key_info();
//   builder.add(key_usage({KeyUsage::kDigitalSignature})).add({"2.999.1", true, der::null()});
//   const Blob der = builder.sign(ca_key);
#pragma once

#include "base/time.h"
#include "testkit/pki/extensions.h"
#include "testkit/pki/signed_object.h"

#include <optional>
#include <string_view>
#include <vector>

namespace jpki::testpki {

struct CertificateBuilder {
  std::optional<unsigned> version = 2;  // v3; nothing = the field is left out, which means v1
  Blob serial{1};                       // contents of the INTEGER, written as they are
  Blob issuer;                          // DER Name
  Time not_before{};
  Time not_after{};
  std::optional<Blob> validity;  // DER Validity in place of the two above
  Blob subject;                  // DER Name
  Blob subject_public_key_info;
  std::vector<Extension> extensions;  // an empty list leaves the field out
  SignatureOptions signature;

  CertificateBuilder& add(Extension extension);
  // Puts `extension` in place of the one with its OID, or adds it.
  CertificateBuilder& replace(Extension extension);
  CertificateBuilder& remove(std::string_view oid);

  // The signer need not be the issuer: the caller decides what is true.
  Blob sign(const PrivateKey& signer) const;
};

}  // namespace jpki::testpki
