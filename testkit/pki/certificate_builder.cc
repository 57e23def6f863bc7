// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/pki/certificate_builder.h"

#include <algorithm>

namespace jpki::testpki {

CertificateBuilder& CertificateBuilder::add(Extension extension) {
  extensions.push_back(std::move(extension));
  return *this;
}

CertificateBuilder& CertificateBuilder::replace(Extension extension) {
  const auto found = std::find_if(extensions.begin(), extensions.end(),
                                  [&](const Extension& other) { return other.oid == extension.oid; });
  if (found == extensions.end()) return add(std::move(extension));
  *found = std::move(extension);
  return *this;
}

CertificateBuilder& CertificateBuilder::remove(std::string_view oid) {
  std::erase_if(extensions, [&](const Extension& extension) { return extension.oid == oid; });
  return *this;
}

Blob CertificateBuilder::sign(const PrivateKey& signer) const {
  const Blob version_field = version ? der::tlv(der::context_constructed(0), der::integer(*version)) : Blob();
  const Blob validity_field = validity.value_or(der::sequence({der::time(not_before), der::time(not_after)}));
  const Blob extensions_field =
      extensions.empty() ? Blob() : der::tlv(der::context_constructed(3), encode_extensions(extensions));
  const Blob tbs =
      der::sequence({version_field, der::raw_integer(serial), inner_algorithm(signer, signature), issuer,
                     validity_field, subject, subject_public_key_info, extensions_field});
  return signed_object(tbs, signer, signature);
}

}  // namespace jpki::testpki
