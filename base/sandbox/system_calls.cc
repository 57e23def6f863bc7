// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sandbox/system_calls.h"

#include "base/error_text.h"
#include "base/sandbox/filter.h"

#include <cerrno>

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace jpki::sandbox {

Expected<Unit, std::string> restrict_system_calls(const SystemCalls& allowed) {
  auto filter = filter_of(allowed);
  if (!filter) return Unexpected{"seccomp filter: " + filter.error()};
  if (!set_own_process(*filter, static_cast<std::uint32_t>(::getpid())))
    return Unexpected{std::string("seccomp filter: it has no place for the process; reinstall the package")};
  const sock_fprog program{static_cast<unsigned short>(filter->size()), filter->data()};
  const long rc = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  if (rc == 0) return Unit{};
  return Unexpected{std::string("seccomp filter: ") +
                    (rc > 0 ? "a thread has another one" : error_text(errno))};
}

}  // namespace jpki::sandbox
