// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Contents into the two snapshot files (nss_ad/snapshot_format.md). The writer is the last guard: what no
// reader may ever see (ids 0 and 2^32-1, a name or id twice, a colon in a name) is an error and nothing is
// written; who makes the contents drops such accounts before and says so.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "nss_ad/snapshot/contents.h"

#include <string>
#include <string_view>

#include <sys/types.h>

namespace jpki::ad::snapshot {

// The bytes of users.snap and of restricted.snap; the same for the same contents.
Expected<Blob, std::string> lay_out_users(const Contents& contents);
Expected<Blob, std::string> lay_out_restricted(const Contents& contents);

// Two names with the same key are one name to every reader (ASCII and simple Unicode case folding). Nothing
// for text that is not UTF-8.
Expected<std::string, std::string> folded_key(std::string_view name);
// Why nobody may have this name: "has a colon"; empty when it is fine. The same rules for users and groups.
std::string why_no_name(std::string_view name);

struct Destination {
  std::string directory;       // JPKI_STATEDIR "/ad"
  gid_t restricted_group = 0;  // of JPKI_HELPER_USER
  gid_t users_group = 0;
};

// Replaces both files, restricted.snap first; each as a whole or not at all, and running readers of the old
// ones see it at their next look-up. An error leaves the file it happened to, and those after it, as they
// were. One process at a time.
Expected<Unit, std::string> write_snapshots(const Contents& contents, const Destination& destination);

// The second half of it, for one file: `bytes` are made by lay_out_…().
Expected<Unit, std::string> replace_snapshot(const std::string& path, Bytes bytes, mode_t mode, gid_t group);

}  // namespace jpki::ad::snapshot
