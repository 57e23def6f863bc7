// SPDX-License-Identifier: LGPL-2.1-or-later
//
// OCSP requests (RFC 6960 4.1): one certificate each, unsigned.
#pragma once

#include "base/bytes.h"
#include "validator/x509/certificate.h"

#include <optional>
#include <string>
#include <vector>

namespace jpki::ocsp {

enum class CertIdHash { kSha1, kSha256 };  // RFC 5019 2.1.1 and RFC 9919: SHA-1 is what old responders know

// RFC 9654: 32 octets. The caller fills them from the system's random generator.
inline constexpr std::size_t kNonceSize = 32;

struct Request {
  Blob der;    // OCSPRequest
  Blob nonce;  // as sent; empty: none was
};

// `issuer` is the certificate whose key signed `subject`.
Request make_request(const x509::Certificate& subject, const x509::Certificate& issuer, CertIdHash hash,
                     Bytes nonce);

// RFC 5019 5: the URL of the GET form below `responder`; nothing when it would exceed 255 bytes and POST is the
// form to use.
std::optional<std::string> get_url(const std::string& responder, const Request& request);

}  // namespace jpki::ocsp
