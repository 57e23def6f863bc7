// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The HTTP side of an OCSP request (RFC 6960 A.1, RFC 5019 5).
#pragma once

#include "base/bytes.h"

#include <optional>
#include <string>
#include <string_view>

namespace jpki::testocsp {

struct HttpRequest {
  std::string method;
  std::string target;
  std::string content_type;
  std::size_t content_length = 0;
  Blob body;
};

// The request line and the header fields, without the empty line that ends them.
std::optional<HttpRequest> parse_head(std::string_view head);

// The OCSPRequest: the body of a POST, or what stands behind the last '/' of a GET, percent-encoded base64.
std::optional<Blob> ocsp_request_of(const HttpRequest& request);

}  // namespace jpki::testocsp
