// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What can go wrong on the way to a document, and the sentences that tell an admin what to do. `host` is
// always of Url::authority() or host_for_log(): never a path or query.
#pragma once

#include "validator/fetch/fetcher.h"
#include "validator/fetch/program/document.h"

namespace jpki::fetch {

enum class Problem {
  kNameUnknown,
  kNotConnected,
  kNotSent,
  kNotReceived,
  kNothing,    // the connection was closed without an answer
  kBrokenOff,  // inside the document
  kNoHttp,     // an answer that is no HTTP/1.x
  kTimeout,    // connection or document
  kMemory,     // of this process
  kHeaders,    // more of them than anybody needs
  kCompressed,
  kLengths,  // says two things about its length
  kEmpty,
};

FetchError error_of(Problem problem, const std::string& host);
FetchError error_of_status(long status, const std::string& host);
FetchError error_of_size(std::size_t max_size, const std::string& host);
FetchError error_of(const Document& document, const std::string& host);

}  // namespace jpki::fetch
