// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Transfer: one attempt at one address. Network: what runs them side by side. Each of the two programs has
// its own: jpki-fetch plain HTTP alone (plain_network.h), jpki-fetch-curl everything (curl_network.h). What
// both must do alike is in response.h.
#pragma once

#include "base/expected.h"
#include "validator/fetch/fetch_rules.h"
#include "validator/fetch/fetcher.h"
#include "validator/fetch/program/document.h"
#include "validator/fetch/url.h"

#include <memory>

#include <poll.h>

namespace jpki::fetch {

// What is the same for all requests.
struct Site {
  FetchRules rules;
  std::vector<std::string> configured_urls;
  std::map<std::string, std::string> tls_problems;  // by name: why its file of anchors cannot be used
};

struct Attempt {
  const FetchRequest& request;  // must outlive the transfer
  std::size_t alternative;
  int file;  // takes the document; stays open
  Document::Storage storage;
  std::chrono::milliseconds timeout;

  const FetchRequest::Alternative& asked() const { return request.alternatives[alternative]; }
};

// Destroyed before it has ended, it takes nothing more from the network.
class Transfer {
 public:
  virtual ~Transfer() = default;
  virtual bool ended() const = 0;
  // Once it has ended: the document is in the file, or why not.
  virtual Expected<FetchAnswer, FetchError> finish() = 0;
};

// It must outlive its transfers.
class Network {
 public:
  virtual ~Network() = default;
  // `url`: what the rules allow. The error: it cannot be asked.
  virtual Expected<std::unique_ptr<Transfer>, FetchError> begin(const Attempt& attempt, const Url& url,
                                                                const Site& site) = 0;
  // As far as it goes without waiting.
  virtual void work() = 0;
  // Until there is something to do, on the network or for `other`, or the time is over.
  virtual void wait(const pollfd& other, std::chrono::milliseconds longest) = 0;
};

// Before the process confines itself. The error: what is wrong with this machine.
Expected<std::unique_ptr<Network>, std::string> make_network();

// The address to connect to, or that no rule allows it.
Expected<Url, FetchError> target_of(const std::string& url, const Site& site);
// The file of TLS anchors for this request to `host`.
Expected<std::string, FetchError> tls_anchors(const FetchRequest& request, const Site& site,
                                              const std::string& host);
// How long a connection may take to come about.
std::chrono::milliseconds connect_timeout(const Attempt& attempt, const FetchRules& rules);

inline constexpr std::size_t kMaxConnections = 64;  // at the same time; further transfers wait
inline constexpr char kUserAgent[] = PACKAGE_NAME;
// A server that drips slower than this, in bytes a second and seconds, keeps the documents of the others
// waiting.
inline constexpr long kSlowest = 1024;
inline constexpr long kSlowFor = 60;

}  // namespace jpki::fetch
