// SPDX-License-Identifier: LGPL-2.1-or-later
//
// EventSource: what the program's one thread waits for. run_until() polls all sources and calls those that
// are due.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace jpki::vcard {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Watch {
  int fd;
  short events;                      // as for poll(2)
  std::function<void(short)> ready;  // called with revents when they are not zero
};

class EventSource {
 public:
  virtual ~EventSource() = default;

  // Appends the descriptors to wait for. They are asked for anew before each wait.
  virtual void watch(std::vector<Watch>& watches) = 0;

  // When on_time() must be called next; nothing: not at all.
  virtual std::optional<SteadyTime> due() const = 0;

  // Called after each wait, due or not: looks at the clock itself.
  virtual void on_time(SteadyTime now) = 0;
};

// Serves the sources until `finished` is true; it is looked at after every event.
void run_until(std::span<EventSource* const> sources, const std::function<bool()>& finished);

}  // namespace jpki::vcard
