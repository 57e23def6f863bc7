// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/boot_clock.h"

#include "base/unique_fd.h"

#include <array>
#include <ctime>

#include <fcntl.h>
#include <unistd.h>

namespace jpki {
namespace {

constexpr char kBootId[] = "/proc/sys/kernel/random/boot_id";
constexpr std::size_t kUuidLength = 36;

std::string boot_id() {
  const UniqueFd fd(::open(kBootId, O_RDONLY | O_CLOEXEC));
  std::array<char, kUuidLength> text;
  if (!fd.valid() || ::read(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return {};
  return {text.data(), text.size()};
}

}  // namespace

BootTime boot_time() {
  constexpr std::uint64_t kPerSecond = 1000;
  constexpr std::uint64_t kNanoseconds = 1'000'000;
  timespec time{};
  if (::clock_gettime(CLOCK_BOOTTIME, &time) != 0) return {};
  return {boot_id(), static_cast<std::uint64_t>(time.tv_sec) * kPerSecond +
                         static_cast<std::uint64_t>(time.tv_nsec) / kNanoseconds};
}

}  // namespace jpki
