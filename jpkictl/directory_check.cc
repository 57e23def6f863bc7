// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/directory_check.h"

#include "nss_ad/account/rules.h"
#include "nss_ad/config/ad_config.h"
#include "nss_ad/snapshot/reader.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

using ad::snapshot::kRestrictedFile;
using ad::snapshot::kUsersFile;
using ad::snapshot::OpenedRestricted;
using ad::snapshot::OpenedUsers;

void check_rules(const ad::config::AccountRules& rules, const ad::snapshot::UsersView& view,
                 CheckReport& report) {
  report.about(subject::kAccountRules);
  for (const auto& rule : rules.service_rules) {
    for (const std::string& group : rule.denied_groups)
      if (!ad::snapshot::find_group(view, group))
        report.error(Verdict::kAccountStateUnknown,
                     fmt::format("denied_groups in ad.toml names {}, which is not in the snapshot: the rule "
                                 "refuses everybody; correct it, or run: nss-ad-refresh",
                                 group));
    for (const std::string& group : rule.allowed_groups)
      if (!ad::snapshot::find_group(view, group))
        report.warning(
            fmt::format("allowed_groups in ad.toml names {}, which is not in the snapshot: it lets nobody "
                        "in; correct it, or run: nss-ad-refresh",
                        group));
  }
}

void check_age(std::chrono::seconds age, const ad::config::AccountRules& rules, CheckReport& report) {
  report.about(subject::kSnapshotAge);
  const auto hours = [](std::chrono::seconds span) { return span / std::chrono::hours(1); };
  switch (ad::account::judge_snapshot(age, rules)) {
    case ad::account::SnapshotAge::kGood:
      break;
    case ad::account::SnapshotAge::kOfTheFuture:
      report.error(Verdict::kAccountStateStale,
                   "the snapshot of the directory is dated in the future; correct this machine's clock");
      break;
    case ad::account::SnapshotAge::kTooOld:
      report.error(Verdict::kAccountStateStale,
                   fmt::format("the snapshot of the directory is {} h old, more than "
                               "account.max_snapshot_age_hours, {} h; run: nss-ad-refresh",
                               hours(age), hours(rules.max_snapshot_age)));
      break;
  }
}

}  // namespace

void check_directory(const DirectoryFiles& files, Time now, CheckReport& report) {
  report.about(subject::kDirectoryConfiguration);
  const auto config = ad::config::load_ad_config(files.config_file, {.owner = files.owner});
  if (!config && config.error().reason == FileError::Reason::kMissing) return;
  if (!config) report.error(Verdict::kAccountStateUnknown, config.error().text);
  report.about(subject::kSnapshots);
  const auto restricted = OpenedRestricted::open(files.snapshots + "/" + kRestrictedFile, files.owner);
  const auto users = OpenedUsers::open(files.snapshots + "/" + kUsersFile, files.owner);
  const auto check_file = [&](const auto& opened, const char* name) {
    if (!opened)
      report.error(Verdict::kAccountStateUnknown, opened.error().text);
    else if (!opened->view().content_is_whole())
      report.error(Verdict::kAccountStateUnknown,
                   files.snapshots + "/" + name + ": is damaged; run nss-ad-refresh, and check the disk");
  };
  check_file(restricted, kRestrictedFile);
  check_file(users, kUsersFile);
  if (!config || !restricted || !users) return;
  const std::chrono::seconds age = now - std::min(restricted->synchronized(), users->synchronized());
  check_age(age, config->account, report);
  check_rules(config->account, users->view(), report);
  report.about(subject::kSnapshots);
  report.good(fmt::format("{}: {} account(s), {} group(s), {} h old", files.snapshots,
                          users->view().user_count(), users->view().second_count(),
                          std::max(age, std::chrono::seconds(0)) / std::chrono::hours(1)));
}

}  // namespace jpki::ctl
