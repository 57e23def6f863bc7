// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/module/shared_users.h"

#include <bit>
#include <cerrno>
#include <ctime>

#include <sys/mman.h>
#include <sys/single_threaded.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jpki::ad::module {

using snapshot::FileState;

namespace {

constexpr std::int64_t kSecondsBetweenChecks = 10;
constexpr std::size_t kSmallestRange = std::size_t{1} << 20;

class KeepErrno {
 public:
  KeepErrno() : kept_(errno) {}
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;
  ~KeepErrno() { errno = kept_; }

 private:
  int kept_;
};

// Readable zeros: addresses, no memory.
void* map_zeros(void* where, std::size_t size, int fixed) {
  return ::mmap(where, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
}

}  // namespace

// Seconds of a clock that is read without a system call.
std::int64_t SharedUsers::now() {
  struct timespec time {};
  (void)::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return time.tv_sec;
}

bool SharedUsers::still_has_its_name(std::uint64_t sequence) {
  const KeepErrno keep;
  struct stat status {};
  const bool same = ::stat(installation().users, &status) == 0 &&
                    status.st_dev == device_.load(std::memory_order_relaxed) &&
                    status.st_ino == inode_.load(std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_acquire);
  if (!same || sequence_.load(std::memory_order_relaxed) != sequence) return false;
  check_at_.store(now() + kSecondsBetweenChecks, std::memory_order_relaxed);
  return true;
}

// The number becomes ours, unless another thread of this process has it. A claim that came over a fork
// belongs to nobody here.
bool SharedUsers::claim(std::uint64_t* claimed) {
  std::uint64_t sequence = sequence_.load(std::memory_order_acquire);
  const auto process = static_cast<std::uint64_t>(static_cast<std::uint32_t>(::getpid()));
  const std::uint64_t mark = (process << 1 | 1) & (kCount - 1);
  if (is_claimed(sequence) && (sequence & (kCount - 1)) == mark) return false;
  *claimed = (sequence & ~(kCount - 1)) | mark;
  return sequence_.compare_exchange_strong(sequence, *claimed, std::memory_order_acq_rel);
}

// Says what is mapped now (null: nothing) and gives the number back, one higher.
void SharedUsers::publish(std::uint64_t claimed, const snapshot::OpenedFile* file) {
  const std::size_t count = range_count_.load();
  data_.store(file == nullptr ? nullptr : ranges_[count - 1].begin.load(), std::memory_order_relaxed);
  size_.store(file == nullptr ? 0 : file->size, std::memory_order_relaxed);
  device_.store(file == nullptr ? 0 : file->identity.device, std::memory_order_relaxed);
  inode_.store(file == nullptr ? 0 : file->identity.inode, std::memory_order_relaxed);
  // The next look-up sees whether the file was replaced between its opening and now.
  check_at_.store(0, std::memory_order_relaxed);
  sequence_.store((claimed & ~(kCount - 1)) + kCount, std::memory_order_release);
}

// Makes the last range one of at least `size` bytes; errno when it cannot.
int SharedUsers::make_room(std::size_t size) {
  const std::size_t count = range_count_.load();
  if (count > 0 && ranges_[count - 1].size.load() >= size) return 0;
  if (count == kMaxRanges) return ENOMEM;
  const std::size_t room = std::bit_ceil(size < kSmallestRange / 2 ? kSmallestRange : 2 * size);
  void* const begin = map_zeros(nullptr, room, 0);
  if (begin == MAP_FAILED) return errno;
  if (count > 0) {
    // Someone may still be reading there.
    const Range& old = ranges_[count - 1];
    (void)map_zeros(old.begin.load(), old.size.load(), MAP_FIXED);
  }
  ranges_[count].begin.store(static_cast<std::uint8_t*>(begin));
  ranges_[count].size.store(room);
  range_count_.store(count + 1);
  return 0;
}

// Maps the file over what is there. At no moment an address of the range is without a page.
int SharedUsers::change_over(const snapshot::OpenedFile& file) {
  if (const int error = make_room(file.size); error != 0) return error;
  const Range& range = ranges_[range_count_.load() - 1];
  std::uint8_t* const begin = range.begin.load();
  if (::mmap(begin, file.size, PROT_READ, MAP_SHARED | MAP_FIXED, file.fd, 0) == MAP_FAILED) return errno;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t end = (file.size + page - 1) / page * page;
  if (end < range.size.load()) (void)map_zeros(begin + end, range.size.load() - end, MAP_FIXED);
  return 0;
}

SharedUsers::Refreshed SharedUsers::refresh() {
  const KeepErrno keep;
  const snapshot::OpenedFile file =
      snapshot::open_snapshot(installation().users, snapshot::FileKind::kUsers, installation().owner);
  const bool good = file.state == FileState::kGood;
  Refreshed refreshed = {Refreshed::State::kFailed,
                         unavailable(file.state, errno_of(file.state, file.system_error))};
  if (file.state == FileState::kSystem) return refreshed;
  // Nothing was mapped and nothing will be.
  if (!good && data_.load() == nullptr) return refreshed;
  std::uint64_t claimed = 0;
  if (claim(&claimed)) {
    const int error = good ? change_over(file) : 0;
    const std::size_t count = range_count_.load();
    if (!good && count > 0)
      (void)map_zeros(ranges_[count - 1].begin.load(), ranges_[count - 1].size.load(), MAP_FIXED);
    publish(claimed, good && error == 0 ? &file : nullptr);
    if (good) {
      refreshed.state = error == 0 ? Refreshed::State::kDone : Refreshed::State::kBusy;
    }
  } else if (good) {
    refreshed.state = Refreshed::State::kBusy;
  }
  if (good) ::close(file.fd);
  return refreshed;
}

void SharedUsers::release() {
  const KeepErrno keep;
  std::uint64_t claimed = 0;
  if (!claim(&claimed)) return;
  publish(claimed, nullptr);
  for (std::size_t i = 0; i < range_count_.load(); ++i) {
    std::uint8_t* const begin = ranges_[i].begin.load();
    if (__libc_single_threaded != 0) {
      ::munmap(begin, ranges_[i].size.load());
    } else {
      // At the end of a process other threads may still be in a look-up.
      (void)map_zeros(begin, ranges_[i].size.load(), MAP_FIXED);
    }
  }
  if (__libc_single_threaded != 0) range_count_.store(0);
}

}  // namespace jpki::ad::module
