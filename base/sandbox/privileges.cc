// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sandbox/privileges.h"

#include "base/error_text.h"

#include <cerrno>
#include <csignal>

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace jpki::sandbox {
namespace {

Unexpected<std::string> failed(const std::string& what) {
  return Unexpected{what + ": " + error_text(errno)};
}

// While CAP_SETPCAP is left; stops at the first capability that the kernel does not know.
void empty_bounding_set() {
  for (unsigned long capability = 0; ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; ++capability) {
  }
}

Expected<Unit, std::string> become(const std::string& user) {
  errno = 0;
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr)
    return Unexpected{"the system user " + user +
                      " does not exist; run: systemd-sysusers, or reinstall the package"};
  const uid_t uid = entry->pw_uid;
  const gid_t gid = entry->pw_gid;
  if (uid == 0) return Unexpected{"the system user " + user + " is root"};
  empty_bounding_set();
  if (::setgroups(0, nullptr) != 0) return failed("setgroups");
  if (::setresgid(gid, gid, gid) != 0) return failed("setresgid");
  if (::setresuid(uid, uid, uid) != 0) return failed("setresuid");
  if (::setuid(0) == 0) return Unexpected{std::string("root could be taken back")};
  return Unit{};
}

}  // namespace

Expected<Unit, std::string> drop_privileges(const std::string& user) {
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  if (::getresuid(&real, &effective, &saved) != 0) return failed("getresuid");
  if (real == 0 || effective == 0 || saved == 0) {
    // A host that runs PAM with a user's effective id can still be root: so could we.
    if (effective != 0 && ::seteuid(0) != 0) return failed("seteuid");
    if (auto became = become(user); !became) return became;
  }
  const rlimit no_core{0, 0};
  if (::setrlimit(RLIMIT_CORE, &no_core) != 0) return failed("setrlimit");
  if (auto given_up = give_up_capabilities(); !given_up) return given_up;
  // After the change of user, which clears it.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return failed("PR_SET_PDEATHSIG");
  return Unit{};
}

Expected<Unit, std::string> give_up_capabilities(bool but_kill) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("PR_SET_NO_NEW_PRIVS");
  empty_bounding_set();
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
    return failed("PR_CAP_AMBIENT_CLEAR_ALL");
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3]{};
  __user_cap_data_struct kept[_LINUX_CAPABILITY_U32S_3]{};
  if (::syscall(SYS_capget, &header, held) != 0) return failed("capget");
  if (but_kill) kept[0].effective = kept[0].permitted = held[0].permitted & CAP_TO_MASK(CAP_KILL);
  if (::syscall(SYS_capset, &header, kept) != 0) return failed("capset");
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed("PR_SET_DUMPABLE");
  return Unit{};
}

}  // namespace jpki::sandbox
