// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Who signed an OCSP response, and may they (RFC 6960 4.2.2.2)? Either the key that signed the certificate,
// or a certificate that this very key issued with id-kp-OCSPSigning.
//
// The CA's own certificate has been judged with the certificate's path, so nothing of it is judged again. A
// delegate is judged here, wholly, but for its revocation: ResponderStatus says that. Whoever implements it
// with OCSP again must bound the recursion; a delegate that vouches for itself says nothing.
#pragma once

#include "validator/ocsp/ocsp_check.h"
#include "validator/ocsp/response.h"

namespace jpki::ocsp {

// The text says which clause every candidate failed at; that of the one that came furthest.
Expected<Unit, std::string> check_signer(const BasicResponse& response, const x509::Certificate& issuer,
                                         std::span<const x509::Certificate> local_responders,
                                         const ResponderStatus& responder_status,
                                         const x509::AlgorithmPolicy& algorithms, Time now);

}  // namespace jpki::ocsp
