// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/departure.h"

#include "base/unique_fd.h"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include <malloc.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

namespace jpki::card {
namespace {

constexpr std::chrono::hours kAsLongAsItTakes{24};
constexpr std::chrono::milliseconds kCancelAgain{20};  // what is cancelled before it waits goes on to wait

// The memory of this process is locked before a PIN comes. What a thread has beside it is given back with the
// thread: glibc would keep a stack of its own and a heap for it.
constexpr std::size_t kStack = 512 * 1024;

class Stack {
 public:
  Stack() noexcept
      : begin_(::mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {}
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  ~Stack() {
    if (valid()) ::munmap(begin_, kStack);
  }
  bool valid() const noexcept { return begin_ != MAP_FAILED; }
  void* begin() const noexcept { return begin_; }

 private:
  void* begin_;
};

class PcscDeparture final : public Departure {
 public:
  explicit PcscDeparture(CardService::PlacedCard card)
      : card_(std::move(card)), told_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    ::mallopt(M_ARENA_MAX, 1);
    pthread_attr_t attributes;
    if (!told_.valid() || !stack_.valid() || ::pthread_attr_init(&attributes) != 0) return;
    started_ = ::pthread_attr_setstack(&attributes, stack_.begin(), kStack) == 0 &&
               ::pthread_create(&thread_, &attributes, &PcscDeparture::begin, this) == 0;
    ::pthread_attr_destroy(&attributes);
  }
  PcscDeparture(const PcscDeparture&) = delete;
  PcscDeparture& operator=(const PcscDeparture&) = delete;
  ~PcscDeparture() override {
    if (!started_) return;
    {
      std::unique_lock lock(mutex_);
      stopping_ = true;
      while (!ended_) {
        if (context_ != 0) ::SCardCancel(context_);
        ended_changed_.wait_for(lock, kCancelAgain);
      }
    }
    ::pthread_join(thread_, nullptr);
  }

  int fd() const noexcept override { return told_.get(); }
  bool started() const noexcept { return started_; }

 private:
  static void* begin(void* self) {
    static_cast<PcscDeparture*>(self)->run();
    return nullptr;
  }
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
  Stack stack_;
  pthread_t thread_{};
  bool started_ = false;
};

}  // namespace

std::unique_ptr<Departure> watch_departure(CardService::PlacedCard card) {
  auto departure = std::make_unique<PcscDeparture>(std::move(card));
  if (!departure->started()) return nullptr;
  return departure;
}

}  // namespace jpki::card
