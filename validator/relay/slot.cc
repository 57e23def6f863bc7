// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/relay/slot.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>

namespace jpki::relay {

Expected<UniqueFd, int> take_slot(const std::string& directory, uid_t uid, int count) {
  for (int number = 0; number < count; ++number) {
    const std::string path = directory + '/' + std::to_string(uid) + '.' + std::to_string(number);
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.valid()) return Unexpected{errno};
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
    if (errno != EWOULDBLOCK) return Unexpected{errno};
  }
  return Unexpected{EWOULDBLOCK};
}

}  // namespace jpki::relay
