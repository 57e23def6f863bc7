// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Account rules: whether an account of the directory may log in here and now. Pure.
#pragma once

#include "base/time.h"
#include "base/verdict.h"
#include "nss_ad/config/ad_config.h"
#include "nss_ad/directory/account_state.h"

#include <functional>
#include <optional>
#include <string>

namespace jpki::ad::account {

// Whether the account is in a group, by the group's name; nothing when there is no such group.
using Membership = std::function<std::optional<bool>(const std::string& group)>;

struct Circumstances {
  Time now;
  std::string service;      // of PAM
  std::string workstation;  // this computer's NetBIOS name
};

struct Decision {
  Verdict verdict;    // kAccepted, or the first reason against it
  std::string cause;  // for the log: cause and next step
};

// Disabled, expired, locked, logon hours ([MS-SAMR] 3.1.1.8, in UTC), workstations, then groups: every rule
// whose services fit must let the account pass.
Decision decide(const AccountState& state, const Circumstances& circumstances,
                const config::AccountRules& rules, const Membership& membership);

// Whether a snapshot of this age may be relied on; clocks may differ by as much as in Kerberos.
enum class SnapshotAge { kGood, kTooOld, kOfTheFuture };
SnapshotAge judge_snapshot(std::chrono::seconds age, const config::AccountRules& rules);

// FILETIME of a time.
FileTime to_file_time(Time time);

}  // namespace jpki::ad::account
