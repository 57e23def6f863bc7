// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/event_loop.h"

#include <algorithm>
#include <ctime>

#include <poll.h>

namespace jpki::vcard {
namespace {

std::optional<timespec> time_until(std::optional<SteadyTime> due) {
  if (!due) return std::nullopt;
  const auto left =
      std::max(std::chrono::nanoseconds(0),
               std::chrono::duration_cast<std::chrono::nanoseconds>(*due - std::chrono::steady_clock::now()));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  return timespec{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
}

}  // namespace

void run_until(std::span<EventSource* const> sources, const std::function<bool()>& finished) {
  while (!finished()) {
    std::vector<Watch> watches;
    std::optional<SteadyTime> due;
    for (EventSource* const source : sources) {
      source->watch(watches);
      const auto next = source->due();
      if (next && (!due || *next < *due)) due = next;
    }
    std::vector<pollfd> descriptors;
    for (const Watch& watch : watches) descriptors.push_back({watch.fd, watch.events, 0});
    const auto timeout = time_until(due);
    const int ready = ::ppoll(descriptors.data(), descriptors.size(), timeout ? &*timeout : nullptr, nullptr);
    for (std::size_t i = 0; ready > 0 && i < watches.size(); ++i) {
      if (descriptors[i].revents != 0) watches[i].ready(descriptors[i].revents);
    }
    const SteadyTime now = std::chrono::steady_clock::now();
    for (EventSource* const source : sources) source->on_time(now);
  }
}

}  // namespace jpki::vcard
