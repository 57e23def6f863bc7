// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/departure.h"

#include "base/unique_fd.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include <sys/eventfd.h>

namespace jpki::card {
namespace {

constexpr std::chrono::hours kAsLongAsItTakes{24};
constexpr std::chrono::milliseconds kCancelAgain{20};  // what is cancelled before it waits goes on to wait

class PcscDeparture final : public Departure {
 public:
  explicit PcscDeparture(CardService::PlacedCard card)
      : card_(std::move(card)), told_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { run(); }) {}
  PcscDeparture(const PcscDeparture&) = delete;
  PcscDeparture& operator=(const PcscDeparture&) = delete;
  ~PcscDeparture() override {
    {
      std::unique_lock lock(mutex_);
      stopping_ = true;
      while (!ended_) {
        if (context_ != 0) ::SCardCancel(context_);
        ended_changed_.wait_for(lock, kCancelAgain);
      }
    }
    thread_.join();
  }

  int fd() const noexcept override { return told_.get(); }

 private:
  void run() {
    if (const auto service = CardService::connect()) {
      enter(service->context());
      if (!stopping_ && service->card_leaves({card_}, kAsLongAsItTakes)) ::eventfd_write(told_.get(), 1);
      enter(0);
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    ended_changed_.notify_one();
  }
  void enter(SCARDCONTEXT context) {
    const std::lock_guard lock(mutex_);
    context_ = context;
  }

  CardService::PlacedCard card_;
  UniqueFd told_;
  std::mutex mutex_;
  std::condition_variable ended_changed_;
  SCARDCONTEXT context_ = 0;  // while it may wait
  bool ended_ = false;
  std::atomic<bool> stopping_{false};
  std::thread thread_;  // last: it uses all of them
};

}  // namespace

std::unique_ptr<Departure> watch_departure(CardService::PlacedCard card) {
  try {
    auto departure = std::make_unique<PcscDeparture>(std::move(card));
    if (departure->fd() >= 0) return departure;
  } catch (const std::system_error&) {  // of std::thread
  }
  return nullptr;
}

}  // namespace jpki::card
