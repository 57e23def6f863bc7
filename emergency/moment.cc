// SPDX-License-Identifier: LGPL-2.1-or-later
#include "emergency/moment.h"

#include "base/unique_fd.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <unistd.h>

namespace jpki::emergency {
namespace {

constexpr char kBootId[] = "/proc/sys/kernel/random/boot_id";
constexpr std::size_t kBootIdSize = 36;  // a UUID

}  // namespace

Expected<Moment, std::string> read_moment() {
  std::array<char, kBootIdSize> boot{};
  const UniqueFd file(::open(kBootId, O_RDONLY | O_CLOEXEC));
  if (!file.valid() || ::read(file.get(), boot.data(), boot.size()) != static_cast<ssize_t>(boot.size()))
    return Unexpected{std::string(kBootId) + ": " + std::strerror(errno)};
  timespec up{};
  if (::clock_gettime(CLOCK_BOOTTIME, &up) != 0)
    return Unexpected{std::string("CLOCK_BOOTTIME: ") + std::strerror(errno)};
  return Moment{std::string(boot.data(), boot.size()), std::chrono::seconds(up.tv_sec), SystemClock().now()};
}

}  // namespace jpki::emergency
