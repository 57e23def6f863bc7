// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/curl_network.h"

#include "validator/fetch/program/curl_transfer.h"

#include <algorithm>

namespace jpki::fetch {
namespace {

// libcurl does not tell what it waits for on the way into a directory.
constexpr std::chrono::milliseconds kPollingInterval{5};

}  // namespace

Expected<std::unique_ptr<Network>, std::string> make_network() {
  if (::curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    return Unexpected{std::string("libcurl cannot be initialised; reinstall the package")};
  CURLM* multi = ::curl_multi_init();
  if (multi == nullptr) return Unexpected{std::string("libcurl: out of memory")};
  ::curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(kMaxConnections));
  return std::unique_ptr<Network>(std::make_unique<CurlNetwork>(multi));
}

Expected<std::unique_ptr<Transfer>, FetchError> CurlNetwork::begin(const Attempt& attempt, const Url& url,
                                                                   const Site& site) {
  return CurlTransfer::begin(attempt, url, site, *this);
}

void CurlNetwork::work() {
  int count = 0;
  ::curl_multi_perform(multi(), &count);
  while (const CURLMsg* message = ::curl_multi_info_read(multi(), &count)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    CurlTransfer* transfer = nullptr;
    ::curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    transfer->end(code);
  }
}

void CurlNetwork::wait(const pollfd& other, std::chrono::milliseconds longest) {
  if (directories_ > 0) longest = std::min(longest, kPollingInterval);
  curl_waitfd also{other.fd, 0, 0};
  if ((other.events & POLLIN) != 0) also.events |= CURL_WAIT_POLLIN;
  if ((other.events & POLLOUT) != 0) also.events |= CURL_WAIT_POLLOUT;
  ::curl_multi_poll(multi(), &also, 1, static_cast<int>(longest.count()), nullptr);
}

}  // namespace jpki::fetch
