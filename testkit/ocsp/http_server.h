// SPDX-License-Identifier: LGPL-2.1-or-later
//
// HttpServer: HTTP/1.1 on a loopback address, one thread and one request a connection. Answers as badly as
// HttpAnswer says.
#pragma once

#include "base/expected.h"
#include "base/unique_fd.h"
#include "testkit/ocsp/draft.h"
#include "testkit/ocsp/http_request.h"

#include <functional>
#include <string>

namespace jpki::testocsp {

class HttpServer {
 public:
  using Handler = std::function<HttpAnswer(const HttpRequest&)>;

  // Port 0: any free one. The error says what failed.
  static Expected<HttpServer, std::string> listen(std::uint16_t port);

  std::uint16_t port() const { return port_; }
  // Never returns; `handler` is called from many threads and must outlive them, as must the process.
  [[noreturn]] void serve(const Handler& handler);

 private:
  HttpServer(UniqueFd socket, std::uint16_t port) : socket_(std::move(socket)), port_(port) {}
  UniqueFd socket_;
  std::uint16_t port_;
};

}  // namespace jpki::testocsp
