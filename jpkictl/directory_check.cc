// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/directory_check.h"

#include "nss_ad/config/ad_config.h"
#include "nss_ad/snapshot/reader.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

using ad::snapshot::Look;
using ad::snapshot::OpenedRestricted;
using ad::snapshot::OpenedUsers;

constexpr std::chrono::minutes kMaxSkew{5};

bool has_group(const ad::snapshot::UsersView& view, const std::string& group) {
  ad::snapshot::GroupFields fields{};
  const auto sid = ad::Sid::parse(group);
  if (!sid) return view.group_by_name(group.data(), group.size(), fields) == Look::kFound;
  ad::snapshot::Piece bytes{};
  for (std::uint32_t i = 0; i < view.second_count(); ++i)
    if (view.group_at(i, fields) == Look::kFound && view.sid(fields.sid, bytes) == Look::kFound &&
        ad::snapshot::sid_of(bytes) == *sid)
      return true;
  return false;
}

void check_rules(const ad::config::AccountRules& rules, const ad::snapshot::UsersView& view,
                 CheckReport& report) {
  for (const auto& rule : rules.service_rules) {
    for (const std::string& group : rule.denied_groups)
      if (!has_group(view, group))
        report.error(Verdict::kAccountStateUnknown,
                     fmt::format("denied_groups in ad.toml names {}, which the snapshot does not have: the "
                                 "rule refuses everybody; correct it, or run: nss-ad-refresh",
                                 group));
    for (const std::string& group : rule.allowed_groups)
      if (!has_group(view, group))
        report.warning(
            fmt::format("allowed_groups in ad.toml names {}, which the snapshot does not have: "
                        "nobody is let in by it; correct it, or run: nss-ad-refresh",
                        group));
  }
}

void check_age(std::chrono::seconds age, std::chrono::seconds limit, CheckReport& report) {
  const auto hours = [](std::chrono::seconds span) { return span / std::chrono::hours(1); };
  if (age < -kMaxSkew)
    report.error(Verdict::kAccountStateStale,
                 "the snapshot of the directory is of the future; correct this machine's clock");
  else if (age > limit)
    report.error(Verdict::kAccountStateStale,
                 fmt::format("the snapshot of the directory is {} h old, more than "
                             "account.max_snapshot_age_hours, {} h; run: nss-ad-refresh",
                             hours(age), hours(limit)));
}

}  // namespace

void check_directory(const DirectoryFiles& files, Time now, CheckReport& report) {
  const auto config = ad::config::load_ad_config(files.config_file, {.owner = files.owner});
  if (!config && config.error().reason == FileError::Reason::kMissing) return;
  if (!config) report.error(Verdict::kAccountStateUnknown, config.error().text);
  const auto restricted = OpenedRestricted::open(files.snapshots + "/restricted.snap", files.owner);
  const auto users = OpenedUsers::open(files.snapshots + "/users.snap", files.owner);
  const auto check_file = [&](const auto& opened, const char* name) {
    if (!opened)
      report.error(Verdict::kAccountStateUnknown, opened.error().text);
    else if (!opened->view().content_is_whole())
      report.error(Verdict::kAccountStateUnknown,
                   files.snapshots + "/" + name + ": is damaged; run nss-ad-refresh, and check the disk");
  };
  check_file(restricted, "restricted.snap");
  check_file(users, "users.snap");
  if (!config || !restricted || !users) return;
  const std::chrono::seconds age = now - std::min(restricted->synchronized(), users->synchronized());
  check_age(age, config->account.max_snapshot_age, report);
  check_rules(config->account, users->view(), report);
  report.good(fmt::format("{}: {} account(s), {} group(s), {} h old", files.snapshots,
                          users->view().user_count(), users->view().second_count(),
                          std::max(age, std::chrono::seconds(0)) / std::chrono::hours(1)));
}

}  // namespace jpki::ctl
