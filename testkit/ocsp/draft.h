// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Draft: one answer of the test responder on its way from the truth to what is sent. Faults (faults.h) bend
// it, finish() makes bytes of it.
#pragma once

#include "testkit/ocsp/pki_tree.h"
#include "testkit/ocsp/request_reader.h"
#include "testkit/ocsp/response_builder.h"
#include "testkit/pki/certificate_builder.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace jpki::testocsp {

// What goes over the connection beside the body.
struct HttpAnswer {
  int status = 200;
  std::string content_type = "application/ocsp-response";
  std::vector<std::string> headers;  // further ones, without line ends
  Blob body;
  std::size_t extra_length = 0;  // Content-Length says so many octets more than are sent
  bool tell_length = true;
  bool chunked = false;
  bool endless = false;   // the body never ends
  bool hang_up = false;   // the connection is closed instead of an answer
  bool silent = false;    // the connection stays open, and nothing is sent
  bool not_http = false;  // the body alone
  std::chrono::milliseconds before{0};
  std::chrono::milliseconds each_header_octet{0};
  std::chrono::milliseconds each_body_octet{0};
};

struct Draft {
  const PkiTree& pki;
  const Ca& ca;  // whose certificates are asked for
  const OcspRequest& request;
  Time now;
  bool is_get;

  ResponseBuilder response = {};              // one SingleResponse for each that was asked
  testpki::CertificateBuilder delegate = {};  // the responder's certificate, still to be signed
  const testpki::PrivateKey* delegate_issuer = nullptr;
  const testpki::PrivateKey* signer = nullptr;  // of the response
  bool embed = true;
  std::vector<Blob> further_certificates = {};  // after the delegate's
  std::optional<std::uint8_t> error = {};       // OCSPResponseStatus in place of everything
  std::function<void(Blob&)> bend_bytes = {};   // the last word
  bool replay = false;                          // send what was sent first for this certificate
  HttpAnswer http = {};

  SingleResponse& single() { return response.responses.front(); }
};

// The DER of the OCSPResponse.
Blob finish(const Draft& draft);

}  // namespace jpki::testocsp
