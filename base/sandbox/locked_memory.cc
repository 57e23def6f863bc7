// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sandbox/locked_memory.h"

#include "base/error_text.h"
#include "base/sandbox/inheritance.h"
#include "base/sandbox/sanitized.h"
#include "base/unique_fd.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace jpki::sandbox {
namespace {

constexpr std::size_t kHeapReserve = std::size_t{256} << 10;  // a login takes less from here on

struct Mapping {
  std::uintptr_t begin;
  std::uintptr_t end;
};

Unexpected<std::string> failed(const char* function) {
  return Unexpected{std::string(function) + ": " + error_text(errno)};
}

// The heap grows now and not later: it gets what it may need, and never gives it back.
void reserve_heap() {
  ::mallopt(M_TRIM_THRESHOLD, INT32_MAX);
  ::mallopt(M_MMAP_THRESHOLD, 2 * static_cast<int>(kHeapReserve));
  void* volatile reserve = std::malloc(kHeapReserve);
  std::free(reserve);
}

std::string memory_map() {
  const UniqueFd fd(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
  std::string text;
  char piece[4096];  // the kernel gives no more at once
  for (ssize_t n = 0; fd.valid() && (n = ::read(fd.get(), piece, sizeof piece)) > 0;)
    text.append(piece, static_cast<std::size_t>(n));
  return text;
}

// "7f00-7f10 rw-p …", proc(5). Those that adjoin are one.
std::vector<Mapping> writable_mappings() {
  std::vector<Mapping> found;
  const std::string map = memory_map();
  const char* line = map.c_str();
  for (const char* end = nullptr; (end = std::strchr(line, '\n')) != nullptr; line = end + 1) {
    char* rest = nullptr;
    const auto begin = std::strtoull(line, &rest, 16);
    if (*rest != '-') break;
    const auto mapping_end = std::strtoull(rest + 1, &rest, 16);
    if (std::strncmp(rest, " rw", 3) != 0) continue;
    if (!found.empty() && found.back().end == begin) {
      found.back().end = mapping_end;
    } else {
      found.push_back({begin, mapping_end});
    }
  }
  return found;
}

// On fault: what is never touched needs no memory.
Expected<Unit, std::string> lock_what_is_writable(rlim_t limit) {
  const std::vector<Mapping> mappings = writable_mappings();
  if (mappings.empty()) return Unexpected{std::string("/proc/self/maps cannot be read")};
  for (const Mapping& mapping : mappings) {
    if (::mlock2(reinterpret_cast<void*>(mapping.begin), mapping.end - mapping.begin, MLOCK_ONFAULT) != 0)
      return Unexpected{std::string("mlock2: ") + error_text(errno) + ", with RLIMIT_MEMLOCK at " +
                        std::to_string(limit) + " bytes"};
  }
  return Unit{};
}

}  // namespace

Expected<Unit, std::string> lock_memory() {
  if (kSanitized) return Unit{};  // its own memory has no bounds
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return failed("getrlimit");
  const bool later_as_well = limit.rlim_cur >= kLockableMemory;
  if (!later_as_well) reserve_heap();
  if (later_as_well && ::mlockall(MCL_FUTURE | MCL_ONFAULT) != 0) return failed("mlockall");
  return lock_what_is_writable(limit.rlim_cur);
}

}  // namespace jpki::sandbox
