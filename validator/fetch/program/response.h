// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Response: what a server says, judged the same way whoever has read it from the network: which status and
// headers are followed by a document, how large it may be, when it is whole.
#pragma once

#include "base/expected.h"
#include "validator/fetch/program/transfer.h"
#include "validator/fetch/program/transfer_error.h"

#include <optional>

namespace jpki::fetch {

inline constexpr std::size_t kMaxHeaderBytes = 64 * 1024;  // of one answer, with those of 1xx before it

// Status line and headers. Of headers that came more than once, all values.
struct ResponseHead {
  long status = 0;
  std::vector<std::string> lengths;             // Content-Length
  std::vector<std::string> content_encodings;   // Content-Encoding
  std::vector<std::string> transfer_encodings;  // Transfer-Encoding
  std::string content_type;                     // of these the first
  std::string etag;
  std::string last_modified;
};

class Response {
 public:
  Response(const Attempt& attempt, std::string host);

  // Both before the first byte of a body. False: nothing more is to be taken.
  bool take_head(const ResponseHead& head);
  bool take_body(Bytes bytes) { return document_.append(bytes); }
  // 1xx: another head follows.
  static bool is_provisional(long status);

  // The first failure counts.
  void fail(FetchError error);
  void fail(Problem problem) { fail(error_of(problem, host_)); }
  bool failed() const { return failure_ || document_.state() != Document::State::kGood; }

  // When the server has said everything, or failed(): the document is in the file, or why not.
  Expected<FetchAnswer, FetchError> finish();

  const std::string& host() const { return host_; }
  Document& document() { return document_; }

 private:
  bool is_conditional() const;
  bool lengths_agree(const ResponseHead& head);

  Attempt attempt_;
  std::string host_;
  Document document_;
  FetchAnswer answer_;
  std::optional<FetchError> failure_;
};

}  // namespace jpki::fetch
