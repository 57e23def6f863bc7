// SPDX-License-Identifier: LGPL-2.1-or-later
//
// inquire(): what jpki-account answers about one account, from ad.toml and the snapshots.
#pragma once

#include "base/account_protocol.h"
#include "base/safe_file.h"
#include "base/time.h"

#include <string>

namespace jpki::ad::account {

struct Site {
  std::string config_file;
  std::string snapshots;  // directory
  std::string host_name;
  uid_t owner = 0;  // of all files
};

// Fails closed: whatever cannot be read is kAccountStateUnknown, a snapshot older than
// account.max_snapshot_age_hours is kAccountStateStale.
AccountAnswer inquire(const AccountQuestion& question, const Site& site, Time now);

}  // namespace jpki::ad::account
