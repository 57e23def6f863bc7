// SPDX-License-Identifier: LGPL-2.1-or-later
//
// By which of its mapping strings a certificate is bound.
#pragma once

#include "validator/x509/certificate.h"
#include "validator/x509/kind.h"

#include <string>
#include <vector>

namespace jpki::registration {

// The strong strings that name this certificate alone, the strongest first. The thumbprint covers every byte
// of the certificate; a key identifier, and where issuer names are unique a serial number, is what some
// authority wrote into it.
std::vector<std::string> strings_to_bind(const x509::Certificate& certificate, x509::Kind kind);

// "X509:<I>…<SR>…", whatever the kind.
std::string issuer_and_serial(const x509::Certificate& certificate);

}  // namespace jpki::registration
