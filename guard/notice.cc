// SPDX-License-Identifier: LGPL-2.1-or-later
#include "guard/notice.h"

#include "base/unique_fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jpki::guard {

void write_to_console(const std::string& terminal, uid_t user, const std::string& text) {
  if (terminal.find("..") != terminal.npos) return;
  const std::string path = "/dev/" + terminal;
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return;
  if (!S_ISCHR(status.st_mode) || status.st_uid != user) return;
  const std::string line = "\r\n\a" + text + "\r\n";
  (void)!::write(fd.get(), line.data(), line.size());
}

}  // namespace jpki::guard
