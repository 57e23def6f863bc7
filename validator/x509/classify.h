// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which kind a certificate is (R15), by its profile and never by where it lay.
#pragma once

#include "validator/x509/certificate.h"
#include "validator/x509/kind.h"

#include <vector>

namespace jpki::x509 {

// The kind: by policy OID first; without a rule that matches, by EKU and key usage (serverAuth → web server,
// emailProtection → mail, codeSigning → code signing, keyEncipherment without digitalSignature → encryption,
// nonRepudiation without digitalSignature → document signing), else kUnknown. The published JPKI policies
// (1.2.392.200149.8.5.1.3.30 and ….1.1.20) are always known. Where policies name several kinds, the most
// restricted one holds: a kind that never logs in, then role certificates, then the two others; of those
// alike the first in `rules`, the published ones last. For the login kinds the whole profile must fit as
// well: keyUsage digitalSignature present, EKU absent or with clientAuth/anyEKU/smartcardLogon; a certificate
// with the policy but another profile is kUnknown.
Kind classify(const Certificate& certificate, const std::vector<KindRule>& rules);

}  // namespace jpki::x509
