// SPDX-License-Identifier: LGPL-2.1-or-later
//
// NameLookup: the addresses of a host, asked for by a thread of its own, because getaddrinfo(3) waits for a
// name server as long as it likes.
#pragma once

#include "base/unique_fd.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/socket.h>

namespace jpki::fetch {

struct Address {
  sockaddr_storage storage = {};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// `host`: of Url. Nothing when it is a name.
std::optional<Address> numeric_address(const std::string& host, std::uint16_t port);

class NameLookup {
 public:
  // Whether there may be another thread: also those that nobody waits for any more count until their name
  // server has answered.
  static bool may_start();
  // Nothing when there could be no thread.
  static std::optional<NameLookup> start(const std::string& host, std::uint16_t port);

  // poll(2) tells POLLHUP for it once the addresses are there.
  int descriptor() const { return done_.get(); }
  bool done() const;
  // Once done(). In the order of RFC 6724; none: the name has no address.
  std::vector<Address> addresses();

 private:
  struct Shared;
  NameLookup(std::shared_ptr<Shared> shared, UniqueFd done);
  static void look_up(Shared& shared);

  std::shared_ptr<Shared> shared_;  // with the thread
  UniqueFd done_;                   // end of a pipe whose other end the thread closes
};

}  // namespace jpki::fetch
