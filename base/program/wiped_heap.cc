// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The program exports these functions, and the dynamic linker takes the program's for every library (glibc
// manual, "Replacing malloc"). glibc's own M_PERTURB passes over whatever its per-thread cache keeps, which
// is most of what is small.
#include "base/program/wiped_heap.h"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include <malloc.h>

#if defined(__SANITIZE_ADDRESS__)  // has an allocator of its own

void jpki::wipe_what_is_freed() noexcept {}

#else

#define JPKI_EXPORT extern "C" __attribute__((visibility("default")))

// NOLINTBEGIN: the C library's own names
extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* __libc_realloc(void* block, std::size_t size);
extern "C" void __libc_free(void* block);
// NOLINTEND

namespace {
std::atomic<bool> wiping{false};  // read before the program's own initialisers have run
}  // namespace

void jpki::wipe_what_is_freed() noexcept {
  wiping.store(true, std::memory_order_relaxed);
}

JPKI_EXPORT void free(void* block) {
  if (block == nullptr) return;
  if (!wiping.load(std::memory_order_relaxed)) return __libc_free(block);
  const int kept = errno;  // free() leaves it alone (POSIX.1-2024)
  ::explicit_bzero(block, ::malloc_usable_size(block));
  __libc_free(block);
  errno = kept;
}

// OpenSC unlocks the pages on which its PIN cache lay; on them lies what is not its own.
JPKI_EXPORT int munlock(const void*, std::size_t) {
  return 0;
}

// Never in place: glibc would give back what is cut off, or what is left behind, unwiped.
JPKI_EXPORT void* realloc(void* block, std::size_t size) {
  if (block == nullptr) return __libc_malloc(size);
  if (!wiping.load(std::memory_order_relaxed)) return __libc_realloc(block, size);
  if (size == 0) {
    free(block);
    return nullptr;
  }
  const std::size_t held = ::malloc_usable_size(block);
  if (size <= held) {
    ::explicit_bzero(static_cast<char*>(block) + size, held - size);
    return block;
  }
  void* const larger = __libc_malloc(size);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, block, held);
  free(block);
  return larger;
}

#endif
