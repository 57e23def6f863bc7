// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/name_lookup.h"

#include <atomic>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>

namespace jpki::fetch {
namespace {

constexpr int kMaxThreads = 64;
constexpr std::size_t kMaxAddresses = 16;  // of one name

std::atomic<int> threads{0};

Address address_of(const void* from, socklen_t size) {
  Address address;
  std::memcpy(&address.storage, from, size);
  address.size = size;
  return address;
}

}  // namespace

std::optional<Address> numeric_address(const std::string& host, std::uint16_t port) {
  if (host.starts_with('[')) {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    if (!host.ends_with(']') ||
        ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &six.sin6_addr) != 1)
      return {};
    return address_of(&six, sizeof six);
  }
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) != 1) return {};
  return address_of(&four, sizeof four);
}

struct NameLookup::Shared {
  std::string host;
  std::string port;
  std::mutex mutex;  // of all below
  bool done = false;
  std::vector<Address> addresses;
  UniqueFd closed_when_done;
};

NameLookup::NameLookup(std::shared_ptr<Shared> shared, UniqueFd done)
    : shared_(std::move(shared)), done_(std::move(done)) {}

bool NameLookup::may_start() {
  return threads < kMaxThreads;
}

std::optional<NameLookup> NameLookup::start(const std::string& host, std::uint16_t port) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  UniqueFd ours(ends[0]);
  auto shared = std::make_shared<Shared>();
  shared->closed_when_done.reset(ends[1]);
  shared->host = host;
  shared->port = std::to_string(port);
  ++threads;
  try {
    std::thread([shared] {
      look_up(*shared);
      --threads;
    }).detach();
  } catch (const std::system_error&) {
    --threads;
    return {};
  }
  return NameLookup(std::move(shared), std::move(ours));
}

void NameLookup::look_up(Shared& shared) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(shared.host.c_str(), shared.port.c_str(), &hints, &list) != 0) list = nullptr;
  const std::scoped_lock lock(shared.mutex);
  try {
    for (const addrinfo* one = list; one != nullptr && shared.addresses.size() < kMaxAddresses;
         one = one->ai_next)
      shared.addresses.push_back(address_of(one->ai_addr, one->ai_addrlen));
  } catch (...) {
    shared.addresses.clear();  // out of memory
  }
  if (list != nullptr) ::freeaddrinfo(list);
  shared.done = true;
  shared.closed_when_done.reset();
}

bool NameLookup::done() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->done;
}

std::vector<Address> NameLookup::addresses() {
  const std::scoped_lock lock(shared_->mutex);
  return std::move(shared_->addresses);
}

}  // namespace jpki::fetch
