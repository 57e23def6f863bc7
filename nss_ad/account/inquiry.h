// SPDX-License-Identifier: LGPL-2.1-or-later
//
// inquire(): what jpki-account answers about one account, from ad.toml, the snapshots and, where it answers
// in time, the directory itself.
#pragma once

#include "base/account_protocol.h"
#include "base/safe_file.h"
#include "base/time.h"
#include "nss_ad/account/live.h"
#include "nss_ad/config/ad_config.h"

#include <string>

namespace jpki::ad::account {

struct Site {
  std::string snapshots;  // directory
  std::string host_name;
  uid_t owner = 0;   // of all files
  AskLive ask_live;  // empty: the snapshot alone decides
};

// Fails closed: whatever cannot be read is kAccountStateUnknown, a snapshot older than
// account.max_snapshot_age_hours, or of the future, is kAccountStateStale. The directory's own state of the
// account replaces the snapshot's, whichever is stricter; groups are the snapshot's. It is asked last, about
// an account that a good snapshot knows. An account of another uid than the snapshot's is kAccountOther; of a
// local one nothing else is asked.
AccountAnswer inquire(const AccountQuestion& question, const Expected<config::AdConfig, FileError>& config,
                      const Site& site, Time now);

}  // namespace jpki::ad::account
