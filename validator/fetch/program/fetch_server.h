// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FetchServer: the whole of jpki-fetch between its start and the end of its starter: takes calls from the
// socket, runs them side by side, sends the results.
#pragma once

#include "validator/fetch/program/job.h"

#include <deque>
#include <list>

namespace jpki::fetch {

// What a process has when it is set up.
struct Ready {
  Site site;
  std::unique_ptr<Network> network;
};

class FetchServer {
 public:
  // `ready` or why not: then every call is answered with that.
  FetchServer(UniqueFd socket, Expected<Ready, std::string> ready);

  // Until the other side closes the socket or sends what it must not.
  void run();

 private:
  void receive();
  void accept(FetchCall call, UniqueFd file);
  void collect();
  void answer();
  void wait();

  UniqueFd socket_;
  Expected<Ready, std::string> ready_;
  std::list<Job> jobs_;  // after the network: they leave it first
  std::deque<Blob> answers_;
  bool open_ = true;
};

}  // namespace jpki::fetch
