// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/directory_lock.h"

#include "base/deadline.h"

#include <thread>

#include <fcntl.h>
#include <sys/file.h>

namespace jpki {
namespace {

constexpr std::chrono::milliseconds kPause{50};

}  // namespace

Expected<UniqueFd, int> lock_directory(const std::string& directory, std::chrono::milliseconds patience) {
  const std::string path = directory + "/.refresh.lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return Unexpected{errno};
  const Deadline end = Deadline::after(patience);
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error != EWOULDBLOCK || end.passed()) return Unexpected{error};
    std::this_thread::sleep_for(kPause);
  }
  return fd;
}

}  // namespace jpki
