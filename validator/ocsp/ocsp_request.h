// SPDX-License-Identifier: LGPL-2.1-or-later
//
// OCSP requests (RFC 6960 4.1): one certificate each, unsigned.
#pragma once

#include "base/bytes.h"
#include "validator/ocsp/cert_id.h"
#include "validator/x509/certificate.h"

#include <optional>
#include <string>

namespace jpki::ocsp {

// RFC 9654: 32 octets. The caller fills them from the system's random generator.
inline constexpr std::size_t kNonceSize = 32;

struct Request {
  Blob der;    // OCSPRequest
  Blob nonce;  // as sent; empty: none was
};

// `issuer` is the certificate whose key signed `subject`. At most 128 octets of nonce (RFC 9654 2.1).
Request make_request(const x509::Certificate& subject, const x509::Certificate& issuer, CertIdHash hash,
                     Bytes nonce);

// RFC 5019 5: the URL of the GET form below `responder`; nothing when it would exceed 255 bytes, or when
// `responder` has a query or a fragment, and POST is the form to use.
std::optional<std::string> get_url(const std::string& responder, const Request& request);

}  // namespace jpki::ocsp
