// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The modules that nss_bench compares, each with the same users in its own form.
#pragma once

#include "nss_ad/snapshot/contents.h"

#include <string>
#include <vector>

#include <grp.h>
#include <nss.h>
#include <pwd.h>

namespace jpki::bench {

using ad::snapshot::Contents;

struct NameService {
  std::string name;
  nss_status (*getpwnam)(const char*, struct passwd*, char*, std::size_t, int*) = nullptr;
  nss_status (*getpwuid)(uid_t, struct passwd*, char*, std::size_t, int*) = nullptr;
  nss_status (*getgrnam)(const char*, struct group*, char*, std::size_t, int*) = nullptr;
  nss_status (*initgroups)(const char*, gid_t, long*, long*, gid_t**, long, int*) = nullptr;
  // Without initgroups, what libc does instead: all groups, one by one.
  nss_status (*setgrent)(int) = nullptr;
  nss_status (*getgrent)(struct group*, char*, std::size_t, int*) = nullptr;
  nss_status (*endgrent)() = nullptr;

  // The last of the user's groups besides `primary`; 0: none.
  gid_t last_group(const char* user, gid_t primary) const;
};

// libnss_ad.so.2 itself, over the snapshots in snapshot_directory().
NameService our_side(const std::string& module);
// Each writes its files into `directory`.
NameService toy_side(const std::string& module, const Contents& contents, const std::string& directory);
NameService open_toy(const std::string& module, const std::string& directory);  // over files that are there
NameService cache_side(const std::string& module, const Contents& contents, const std::string& directory);
// /etc/passwd and /etc/group are those of `contents` until restore_files().
NameService files_side(const Contents& contents, const std::string& directory);
void restore_files();

// Where libnss_ad looks for its snapshots, and an empty file system of this process's own there.
std::string snapshot_directory();
bool own_mounts();

}  // namespace jpki::bench
