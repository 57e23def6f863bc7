// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The mapping strings of a certificate, in the forms of base/mapping.
#pragma once

#include "base/mapping/mapping_text.h"
#include "validator/x509/certificate.h"
#include "validator/x509/kind.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::map {

// The strong forms of a certificate, in this order: "X509:<I>…<SR>…", "X509:<SKI>…" (when it has one),
// "X509:<SHA1-PUKEY>…" (the certificate's SHA-1 thumbprint, as Windows computes it). Spelled as Microsoft
// does: upper case digits for the serial (bytes reversed, the INTEGER's leading zero dropped), lower case for
// the other two.
std::vector<std::string> strong_mapping_strings(const x509::Certificate& certificate);

// The first of them, of a certificate that is not at hand; `serial`: contents of the INTEGER.
std::string issuer_serial_string(const x509::Name& issuer, Bytes serial);

// The last of them, of a certificate that nobody has decoded; empty: out of memory.
std::string thumbprint_string(Bytes certificate);

// The strings of a certificate in `forms`; there may be several <RFC822>.
std::vector<std::string> weak_mapping_strings(const x509::Certificate& certificate,
                                              std::span<const mapping::WeakForm> forms);

// Issuer and serial name one certificate only where issuer names are unique. JPKI's are not: all its
// generations have one name and serials of their own of at most four bytes, so two persons may have the same
// pair.
bool names_one_certificate(std::string_view string, x509::Kind kind);

}  // namespace jpki::map
