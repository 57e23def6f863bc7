// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/plain_network.h"

#include "validator/fetch/program/plain_transfer.h"

#include <algorithm>

namespace jpki::fetch {
namespace {

// Nothing tells when a thread that nobody waits for any more has made room for another.
constexpr std::chrono::milliseconds kQueueInterval{50};

}  // namespace

Expected<std::unique_ptr<Network>, std::string> make_network() {
  return std::unique_ptr<Network>(std::make_unique<PlainNetwork>());
}

Expected<std::unique_ptr<Transfer>, FetchError> PlainNetwork::begin(const Attempt& attempt, const Url& url,
                                                                    const Site& site) {
  const std::string host = url.authority();
  if (url.scheme == Url::Scheme::kHttps || url.scheme == Url::Scheme::kLdaps)
    if (const auto anchors = tls_anchors(attempt.request, site, host); !anchors)
      return Unexpected{anchors.error()};
  if (!is_plain_http(url, site.rules))
    return Unexpected{
        FetchError{FetchError::Reason::kForbidden,
                   host + ": only jpki-fetch-curl gets there; name the address in urls of jpki.toml"}};
  begun_ = true;
  return std::unique_ptr<Transfer>(std::make_unique<PlainTransfer>(attempt, url, site.rules, *this));
}

void PlainNetwork::work() {
  const auto now = std::chrono::steady_clock::now();
  std::size_t busy = 0;
  begun_ = false;
  for (PlainTransfer* transfer : transfers_) {
    transfer->work(now, busy < kMaxConnections);
    if (transfer->is_busy()) ++busy;
  }
}

void PlainNetwork::wait(const pollfd& other, std::chrono::milliseconds longest) {
  if (begun_) return;
  const auto now = std::chrono::steady_clock::now();
  auto next = now + longest;
  std::vector<pollfd> waited_for = {other};
  for (const PlainTransfer* transfer : transfers_) {
    transfer->add_to(waited_for);
    next = std::min(next, transfer->is_queued() ? now + kQueueInterval : transfer->next_event());
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now).count();
  ::poll(waited_for.data(), waited_for.size(), static_cast<int>(std::max<decltype(left)>(left, 0)));
}

}  // namespace jpki::fetch
