// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The control group that a process inherits from who started it (cgroups(7), version 2). A user's service
// manager is given one to divide as it likes (Delegate= of systemd.resource-control(5)): there the user may
// freeze a program of root's, or choke it, and so choose which source of a login does not answer.
#pragma once

#include <string>

namespace jpki::sandbox {

struct CgroupFiles {
  std::string process = "/proc/self/cgroup";
  std::string mount{};  // of version 2, where systemd mounts it; empty: nowhere
};
CgroupFiles cgroup_files_of_system();

// For a process that is root. Where a group on the way to its own is not root's, moves it to the group `jpki`
// beside that one, which stays when the process ends. Nobody but root moves it back: that takes the right to
// write to the group above both. False: it may still be where a user decides. Where the kernel, or a
// read-only mount, lets root move nothing, no user of the same mount does either: that is true.
bool leave_foreign_cgroup(const CgroupFiles& files);

}  // namespace jpki::sandbox
