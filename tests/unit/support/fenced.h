// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Bytes in pages between two others that cannot be read.
#pragma once

#include "base/bytes.h"
#include "tests/unit/support/check_main.h"

#include <algorithm>

#include <sys/mman.h>
#include <unistd.h>

namespace jpki::test {

enum class Fence { kBefore, kBehind };

// A copy of some bytes, right before or behind which a look is a crash.
class Fenced {
 public:
  explicit Fenced(Bytes bytes, Fence fence = Fence::kBehind) {
    const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    // With the fence behind, they begin where a file's part could: the rest of 64 bytes stays readable.
    const std::size_t room = (bytes.size() + 63) / 64 * 64;
    size_ = (room + page - 1) / page * page + 2 * page;
    base_ = static_cast<std::uint8_t*>(
        ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ck_assert(base_ != MAP_FAILED);
    ck_assert_int_eq(::mprotect(base_, page, PROT_NONE), 0);
    ck_assert_int_eq(::mprotect(base_ + size_ - page, page, PROT_NONE), 0);
    data_ = fence == Fence::kBefore ? base_ + page : base_ + size_ - page - room;
    std::copy(bytes.begin(), bytes.end(), data_);
  }
  Fenced(const Fenced&) = delete;
  Fenced& operator=(const Fenced&) = delete;
  ~Fenced() { ::munmap(base_, size_); }
  std::uint8_t* data() { return data_; }

 private:
  std::uint8_t* base_;
  std::uint8_t* data_;
  std::size_t size_;
};

}  // namespace jpki::test
