// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sandbox/locked_memory.h"

#include "base/sandbox/inheritance.h"
#include "base/sandbox/sanitized.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>

#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>

namespace jpki::sandbox {
namespace {

constexpr std::size_t kHeapReserve = std::size_t{256} << 10;  // a login takes less from here on

struct Mapping {
  std::uintptr_t begin;
  std::uintptr_t end;
};

Unexpected<std::string> failed(const char* function) {
  return Unexpected{std::string(function) + ": " + std::strerror(errno)};
}

// The heap grows now and not later: it gets what it may need, and never gives it back.
void reserve_heap() {
  ::mallopt(M_TRIM_THRESHOLD, INT32_MAX);
  ::mallopt(M_MMAP_THRESHOLD, 2 * static_cast<int>(kHeapReserve));
  void* volatile reserve = std::malloc(kHeapReserve);
  std::free(reserve);
}

// "7f00-7f10 rw-p …" of /proc/self/maps, proc(5).
std::vector<Mapping> writable_mappings() {
  std::vector<Mapping> found;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    char* rest = nullptr;
    const auto begin = std::strtoull(line.c_str(), &rest, 16);
    if (*rest != '-') continue;
    const auto end = std::strtoull(rest + 1, &rest, 16);
    if (std::strncmp(rest, " rw", 3) != 0) continue;
    if (!found.empty() && found.back().end == begin) {
      found.back().end = end;
    } else {
      found.push_back({begin, end});
    }
  }
  return found;
}

Expected<Unit, std::string> lock_what_is_writable(rlim_t limit) {
  reserve_heap();
  const std::vector<Mapping> mappings = writable_mappings();
  if (mappings.empty()) return Unexpected{std::string("/proc/self/maps cannot be read")};
  for (const Mapping& mapping : mappings) {
    if (::mlock2(reinterpret_cast<void*>(mapping.begin), mapping.end - mapping.begin, MLOCK_ONFAULT) != 0)
      return Unexpected{std::string("mlock2: ") + std::strerror(errno) + ", with RLIMIT_MEMLOCK at " +
                        std::to_string(limit) + " bytes"};
  }
  return Unit{};
}

}  // namespace

Expected<Unit, std::string> lock_memory() {
  if (kSanitized) return Unit{};  // its own memory has no bounds
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return failed("getrlimit");
  if (limit.rlim_cur < kLockableMemory) return lock_what_is_writable(limit.rlim_cur);
  // On fault: locking what is never touched would read all libraries from the disk.
  if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) return failed("mlockall");
  return Unit{};
}

}  // namespace jpki::sandbox
