// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Mapping strings as Windows, Samba and SSSD write them into altSecurityIdentities (KB5014754).
#pragma once

#include <string>
#include <vector>

#include "validator/x509/certificate.h"

namespace jpki::map {

// The strong forms of a certificate, in this order: "X509:<I>…<SR>…", "X509:<SKI>…" (when it has one),
// "X509:<SHA1-PUKEY>…" (the certificate's SHA-1 thumbprint, as Windows computes it).
std::vector<std::string> strong_mapping_strings(const x509::Certificate& certificate);

}  // namespace jpki::map
