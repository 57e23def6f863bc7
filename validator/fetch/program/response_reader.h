// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ResponseReader: the bytes of an HTTP/1.x connection on which one request was sent → Response. The grammar
// is Boost.Beast's parser, which takes nothing that RFC 9112 does not allow.
#pragma once

#include "validator/fetch/program/response.h"

#include <array>

namespace jpki::fetch {

class ResponseReader {
 public:
  // `response` must outlive it.
  explicit ResponseReader(Response& response);
  ~ResponseReader();
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;

  // Where the next bytes are to be put; never empty while more().
  std::span<std::uint8_t> room() { return std::span(buffer_).subspan(used_); }
  // So many bytes were put there.
  void take(std::size_t size);
  // The server has closed the connection.
  void end();
  // Whether the answer goes on; else it is whole, or response.failed().
  bool more() const { return more_; }

 private:
  class Parser;

  void stop(std::optional<Problem> problem = {});
  std::size_t parse(Bytes bytes);
  bool begins_as_http() const;

  Response& response_;
  std::unique_ptr<Parser> parser_;
  std::array<std::uint8_t, kMaxHeaderBytes> buffer_;  // what the parser has not taken yet
  std::size_t used_ = 0;
  std::size_t head_bytes_ = 0;  // that it has
  bool anything_ = false;
  bool more_ = true;
};

}  // namespace jpki::fetch
