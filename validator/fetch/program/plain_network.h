// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PlainNetwork: plain HTTP/1.1 without a proxy and nothing else, with next to no library: most logins need no
// more, and wait for jpki-fetch to start. For jpki-fetch.
#pragma once

#include "validator/fetch/program/transfer.h"

#include <list>

namespace jpki::fetch {

class PlainTransfer;

class PlainNetwork final : public Network {
 public:
  Expected<std::unique_ptr<Transfer>, FetchError> begin(const Attempt& attempt, const Url& url,
                                                        const Site& site) override;
  void work() override;
  void wait(const pollfd& other, std::chrono::milliseconds longest) override;

  // By PlainTransfer, while it exists.
  using Place = std::list<PlainTransfer*>::iterator;
  Place enter(PlainTransfer* transfer) { return transfers_.insert(transfers_.end(), transfer); }
  void leave(Place place) { transfers_.erase(place); }

 private:
  std::list<PlainTransfer*> transfers_;  // the oldest first
  bool begun_ = false;                   // one of them, since the last work()
};

}  // namespace jpki::fetch
