// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The process's mapping of users.snap, kept between look-ups and changed over when the file is replaced
// (nss_ad/snapshot_format.md, "Reading"). Any number of threads, forks at any moment, no lock: a look-up
// reads a sequence number, looks, copies, and reads the number again.
//
// What makes it safe: every address range that `data` ever pointed to stays readable until the module is
// unloaded, as this file, as a later one, or as zero pages; views trust no byte; what was read while the
// number changed is thrown away.
#pragma once

#include "nss_ad/module/answer.h"
#include "nss_ad/module/installation.h"
#include "nss_ad/snapshot/view.h"

#include <atomic>
#include <cstdint>

namespace jpki::ad::module {

class SharedUsers {
 public:
  // `look(const snapshot::UsersView&)` answers from the file. It may be called several times, and all but its
  // last call do not count: it only writes where the next call overwrites.
  template <class LookUp>
  Answer answer(LookUp look) {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const Mapped mapped = enter();
      if (mapped.usable) {
        const Answer answer = look(snapshot::UsersView(mapped.data, mapped.size));
        std::atomic_thread_fence(std::memory_order_acquire);
        if (sequence_.load(std::memory_order_relaxed) == mapped.sequence) return answer;
        continue;
      }
      const Refreshed refreshed = refresh();
      if (refreshed.state == Refreshed::State::kFailed) return refreshed.answer;
      if (refreshed.state == Refreshed::State::kBusy) break;
    }
    return answer_for_one_call(look);
  }

  // For unloading. With other threads around the address range stays, as zero pages.
  void release();

 private:
  static constexpr int kAttempts = 4;
  static constexpr std::size_t kMaxRanges = 32;

  struct Mapped {
    bool usable;
    const std::uint8_t* data;
    std::uint32_t size;
    std::uint64_t sequence;
  };
  struct Refreshed {
    enum class State { kDone, kBusy, kFailed } state;
    Answer answer;
  };
  static constexpr std::uint32_t kLookUpsPerClock = 32;
  struct alignas(64) Count {
    std::atomic<std::uint32_t> look_ups;
  };
  struct Range {
    std::atomic<std::uint8_t*> begin;
    std::atomic<std::size_t> size;
  };

  // The mapping, when there is one and it needs no refresh.
  Mapped enter() {
    Mapped mapped = {false, nullptr, 0, sequence_.load(std::memory_order_acquire)};
    mapped.data = data_.load(std::memory_order_relaxed);
    mapped.size = size_.load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    // Only now the pointer and the size are known to belong together.
    if (mapped.data == nullptr || is_claimed(mapped.sequence) ||
        sequence_.load(std::memory_order_relaxed) != mapped.sequence)
      return mapped;
    const auto superseded =
        snapshot::format::load<std::uint32_t>(mapped.data + snapshot::format::header::kSuperseded);
    mapped.usable = (superseded == 0 && !is_time_to_check()) || still_has_its_name(mapped.sequence);
    return mapped;
  }

  template <class LookUp>
  static Answer answer_for_one_call(LookUp look) {
    const snapshot::MappedFile file(installation().users, snapshot::FileKind::kUsers, installation().owner);
    if (file.state() != snapshot::FileState::kGood) return unavailable(file.state(), file.error());
    return look(snapshot::UsersView(file.data(), file.size()));
  }

  static std::int64_t now();
  // Looks at the clock once in kLookUpsPerClock look-ups, roughly: threads count in cache lines of their own,
  // told apart by their stacks, and a count that two of them spoil does no harm.
  bool is_time_to_check() {
    const std::int64_t check_at = check_at_.load(std::memory_order_relaxed);
    const auto stack = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) >> 16;
    std::atomic<std::uint32_t>& count =
        counts_[(static_cast<std::uint32_t>(stack) * 0x9E3779B1U) >> 28].look_ups;
    const std::uint32_t look_ups = count.load(std::memory_order_relaxed) + 1;
    count.store(look_ups, std::memory_order_relaxed);
    return check_at == 0 || (look_ups % kLookUpsPerClock == 0 && now() >= check_at);
  }
  bool still_has_its_name(std::uint64_t sequence);
  Refreshed refresh();
  bool claim(std::uint64_t* claimed);
  void publish(std::uint64_t claimed, const snapshot::OpenedFile* file);
  int change_over(const snapshot::OpenedFile& file);
  int make_room(std::size_t size);

  // The number: a count, then the claiming process's id and a set bit while someone changes the mapping.
  static constexpr std::uint64_t kCount = std::uint64_t{1} << 32;
  static bool is_claimed(std::uint64_t sequence) { return (sequence & 1) != 0; }

  std::atomic<std::uint64_t> sequence_{0};
  std::atomic<const std::uint8_t*> data_{nullptr};  // null: no file
  std::atomic<std::uint32_t> size_{0};
  std::atomic<std::int64_t> check_at_{0};  // when to look at the name again, as now(); 0: at once
  std::atomic<std::uint64_t> device_{0};
  std::atomic<std::uint64_t> inode_{0};
  // Touched by who has claimed the number; a fork may find them in the middle of a change. The last of
  // `range_count_` is in use.
  Range ranges_[kMaxRanges] = {};
  std::atomic<std::size_t> range_count_{0};
  Count counts_[16] = {};
};

}  // namespace jpki::ad::module
