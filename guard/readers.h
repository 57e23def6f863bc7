// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Readers: what pcscd tells of its readers and of the cards in them. pcscd may block for any time, so whoever
// waits for it is a thread of its own; what it saw is taken from a queue, whose descriptor is readable when
// there is something in it. Nobody wakes up while nothing changes.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "base/unique_fd.h"
#include "guard/watch.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace jpki::guard {

struct ReadersSeen {
  std::optional<std::vector<Reader>> readers;  // nothing: pcscd cannot be asked
};
struct CertificateSeen {
  std::string session;
  std::optional<Blob> certificate;  // nothing: it cannot be read
};
using Seen = std::variant<ReadersSeen, CertificateSeen>;

// Lives as long as the process: its threads end with it, wherever pcscd holds them.
class Readers {
 public:
  // Before the process is confined. The error is errno's.
  static Expected<Readers*, int> create();

  int fd() const noexcept { return read_end_.get(); }
  // Everything that was seen since the last call, in this order.
  std::deque<Seen> take();

  // Begins to watch all readers.
  void watch();
  // Something tells that pcscd may be there again: if it is waited for, it is asked now.
  void try_now();
  // Begins to read the card in `reader`; the answer is a CertificateSeen with `session`.
  void read_certificate(const std::string& session, const std::string& reader);

 private:
  Readers(UniqueFd read_end, UniqueFd write_end)
      : read_end_(std::move(read_end)), write_end_(std::move(write_end)) {}

  void put(Seen seen);
  void run();
  void pause(std::chrono::milliseconds longest);

  UniqueFd read_end_;
  UniqueFd write_end_;
  std::mutex mutex_;
  std::deque<Seen> seen_;
  std::condition_variable tries_;
  bool try_now_ = false;
};

}  // namespace jpki::guard
