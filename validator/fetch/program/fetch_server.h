// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FetchServer: the whole of jpki-fetch between its start and the end of its starter: takes calls from the
// socket, runs them side by side, sends the results.
#pragma once

#include "validator/fetch/program/job.h"

#include <deque>
#include <list>

namespace jpki::fetch {

class FetchServer {
 public:
  // `site` or why there is none: then every call is answered with that.
  FetchServer(UniqueFd socket, Expected<Site, std::string> site);

  // Until the other side closes the socket or sends what it must not.
  void run();

 private:
  struct CleanMulti {
    void operator()(CURLM* multi) const { ::curl_multi_cleanup(multi); }
  };

  void receive();
  void accept(FetchCall call, UniqueFd file);
  void collect();
  void answer();
  void wait();

  UniqueFd socket_;
  Expected<Site, std::string> site_;
  std::unique_ptr<CURLM, CleanMulti> multi_;
  std::list<Job> jobs_;  // after multi_: they leave it first
  std::deque<Blob> answers_;
  bool open_ = true;
};

}  // namespace jpki::fetch
