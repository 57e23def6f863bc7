// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Fetcher: bytes from the network, asked for and picked up at different times, so that the network works
// while a person types. FetchProcess is the real one: a jpki-fetch process, which alone decides where it may
// connect.
#pragma once

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/expected.h"
#include "base/unique_fd.h"

#include <chrono>
#include <string>
#include <vector>

namespace jpki::fetch {

// One document, at the first of `alternatives` that gives it.
struct FetchRequest {
  struct Alternative {
    std::string url;  // http, https or ldap; before the rewriting rules of jpki.toml
    Blob body;        // non-empty: POST
    std::string content_type;

    bool operator==(const Alternative&) const = default;
  };
  std::vector<Alternative> alternatives;     // in order of preference
  std::chrono::milliseconds hedge_after{0};  // > 0: the next one is asked too when this has no answer by then
  // For the whole request. Without hedging, each alternative gets an equal share of what is left.
  std::chrono::milliseconds timeout{5000};
  std::size_t max_size = 0;   // of the document; more is an error
  std::string accept;         // media type; empty: any
  std::string etag;           // If-None-Match; empty: none
  std::string last_modified;  // If-Modified-Since; empty: none
  std::string tls_trust;      // which TLS anchors: a name in [fetch.tls]; empty: "default"

  bool operator==(const FetchRequest&) const = default;
};

struct FetchAnswer {
  std::size_t alternative = 0;  // which one answered
  bool not_modified = false;    // 304: there is no document
  std::uint64_t size = 0;
  std::string content_type;
  std::string etag;
  std::string last_modified;

  bool operator==(const FetchAnswer&) const = default;
};

struct FetchError {
  enum class Reason {
    kForbidden,    // no rule allows this host
    kUnreachable,  // name, route, connection
    kTls,
    kTimeout,
    kStatus,  // an HTTP status other than 200 and 304, or an LDAP error
    kTooLarge,
    kProtocol,    // an answer that is none
    kHelper,      // jpki-fetch died, or failed at what is not the network's fault
    kNotStarted,  // there never was a jpki-fetch: nothing is known about any source
  };
  Reason reason;
  std::string text;  // for the log: host, cause, next step; never a path or query, which may name a person

  bool operator==(const FetchError&) const = default;
};

using Ticket = std::uint32_t;

class Fetcher {
 public:
  virtual ~Fetcher() = default;

  // Begins; never blocks on the network. The document is written to `into` from its beginning: a memfd or a
  // file, open for reading and writing, that is the caller's again when await() returned. Who maps that file
  // instead of reading it ends the fetcher first: what holds the descriptor could still write.
  virtual Expected<Ticket, FetchError> start(const FetchRequest& request, const UniqueFd& into) = 0;
  // Is the answer to this ticket here? Never waits.
  virtual bool arrived(Ticket ticket) = 0;
  // The answer to one ticket, or why there is none. Once for each ticket. The deadline is for a fetcher that
  // hangs: give it later than the request's own time-out, for when it passes every other open request is lost
  // as well.
  virtual Expected<FetchAnswer, FetchError> await(Ticket ticket, Deadline deadline) = 0;
};

}  // namespace jpki::fetch
