// SPDX-License-Identifier: LGPL-2.1-or-later
//
// resolve(): what the directory says becomes what a snapshot holds. Pure: the same arguments give the same
// contents. What cannot be used is left out and told, object by object; it never spoils the rest.
#pragma once

#include "base/expected.h"
#include "base/time.h"
#include "nss_ad/config/ad_config.h"
#include "nss_ad/directory/directory.h"
#include "nss_ad/directory/problem.h"
#include "nss_ad/idmap/id_memory.h"
#include "nss_ad/resolve/local_accounts.h"
#include "nss_ad/snapshot/contents.h"

#include <string>
#include <vector>

namespace jpki::ad {

struct Resolved {
  snapshot::Contents contents;  // users and groups by ascending id
  ObjectReport report;
  std::vector<std::string> remarks;  // what is allowed and worth knowing
  idmap::IdMemory ids;               // to be kept for the next time
};

// `known_ids` is what the last resolve() returned (empty the first time). The error is a contradiction of
// configuration and directory: then there is nothing at all.
Expected<Resolved, std::string> resolve(const Directory& directory, const config::AdConfig& config,
                                        const LocalAccounts& local, const idmap::IdMemory& known_ids,
                                        Time synchronized);

}  // namespace jpki::ad
