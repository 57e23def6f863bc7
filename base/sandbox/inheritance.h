// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a program of ours inherits from who started it. A host of PAM may be set-user-ID: environment, limits,
// scheduling, directory and identity are then what an unprivileged caller chose, and none of it may decide
// which source of a login is asked or how long it lives. HelperProcess sees to descriptors, signal mask and
// signal actions; everything else is reset here, by the started program, while it is still root.
#pragma once

#include <cstdint>
#include <string>

#include <sys/resource.h>

namespace jpki::sandbox {

// What RLIMIT_MEMLOCK is raised to: above all that a program of ours can have mapped. confine() limits how
// much of it can be filled.
inline constexpr rlim_t kLockableMemory = rlim_t{1} << 30;  // bytes

// For before shed_inheritance(), in a program whose libraries ask secure_getenv(3) for what it sets itself,
// as pcsc-lite 2.3 does for PCSCLITE_CSOCK_NAME and p11-kit for P11_KIT_SERVER_ADDRESS. Where a set-user-ID
// host started it, real and effective identity differ, and it is in secure-execution mode for its life:
// becomes root as a whole and runs itself once more, with an empty environment. What cannot be run again goes
// on; in_secure_execution() tells.
void leave_secure_execution(char* const* arguments);
bool in_secure_execution();

// For the start of main(), before any other code. In every process:
//   environment       empty, but for OPENSC_CONF (OpenSC, SoftHSM and pcsc-lite 1.9 use getenv(3))
//   descriptors       closed above 2
//   umask, directory  077, "/"
//   SIGPIPE, SIGXFSZ  ignored: who is gone and what is too large are errors of write(2), not the end
//   SIGCHLD           default: whoever ignores it never learns how a child of his ended
// Where real, effective or saved user is root also:
//   identity          root in all three, no supplementary group: a program that is started from here is not
//   in
//                     secure-execution mode (AT_SECURE), in which libkrb5 would not take our own settings
//   resource limits   fixed values, raised as well as lowered; without CAP_SYS_RESOURCE only lowered.
//                     `max_file_size`: of one file that is written, in bytes
//   control group     one of root's, where it was in one that a user divides (inherited_cgroup.h)
//   scheduling        normal policy, nice 0, no I/O class, every processor, 50 us timer slack
void shed_inheritance(const std::string& opensc_conf, std::uint64_t max_file_size = std::uint64_t{1} << 30);

}  // namespace jpki::sandbox
