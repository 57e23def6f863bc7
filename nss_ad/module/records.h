// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Records of the snapshots as libc's structures, in the caller's buffer. What they write counts only when the
// caller's answer does.
#pragma once

#include "nss_ad/module/answer.h"
#include "nss_ad/snapshot/view.h"

#include <cstddef>
#include <cstdint>

#include <grp.h>
#include <pwd.h>
#include <shadow.h>

namespace jpki::ad::module {

// The caller's, of any alignment and of any size from 0 on.
struct Buffer {
  char* bytes;
  std::size_t size;
};

Answer fill(const snapshot::UserFields& user, Buffer buffer, struct passwd* entry);
Answer fill(const snapshot::UsersView& view, const snapshot::GroupFields& group, Buffer buffer,
            struct group* entry);
// `now`: seconds since 1970. The password field is "*" (no password here opens this account), with "!"
// before it when the account is disabled or locked; the expiry day is such that pam_unix finds the account
// expired from the second on in which it is, and always when it is disabled. Passwords do not age here.
Answer fill(const snapshot::AccountFields& account, std::int64_t now, Buffer buffer, struct spwd* entry);

// libc's growing list of gids, of initgroups_dyn.
struct GroupList {
  gid_t** gids;
  long* capacity;
  long start;  // that many are already there
  long limit;  // at most so many altogether; <= 0: no limit
};
// Puts the gids of `memberships` but `primary` behind `start`; `*added` says how many.
Answer fill(const snapshot::Memberships& memberships, gid_t primary, const GroupList& list, long* added);

}  // namespace jpki::ad::module
