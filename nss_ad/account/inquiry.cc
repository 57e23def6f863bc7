// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/account/inquiry.h"

#include "nss_ad/account/rules.h"
#include "nss_ad/snapshot/reader.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace jpki::ad::account {
namespace {

using snapshot::Look;

constexpr std::size_t kNetBiosNameSize = 15;

AccountAnswer unknown(std::string cause) {
  return {Verdict::kAccountStateUnknown, std::move(cause), {}};
}

// The gids of the account, its primary group's included; nothing when the file is damaged or another account
// is there under the name.
std::optional<std::set<std::uint32_t>> gids_of(const snapshot::UsersView& view,
                                               const snapshot::AccountFields& account) {
  snapshot::UserFields user{};
  snapshot::Memberships memberships{};
  if (view.user_by_name(account.name.bytes, account.name.size, user) != Look::kFound ||
      user.uid != account.uid || view.memberships(user, memberships) != Look::kFound)
    return std::nullopt;
  std::set<std::uint32_t> gids{user.gid};
  for (std::uint32_t i = 0; i < memberships.gid_count; ++i)
    gids.insert(snapshot::format::load<std::uint32_t>(memberships.gids + std::size_t{4} * i));
  return gids;
}

// restricted.snap, which is replaced first, does not have the account.
AccountAnswer of_users_alone(const snapshot::UsersView& users, const std::string& account) {
  snapshot::UserFields user{};
  if (users.user_by_name(account.data(), account.size(), user) == Look::kNone) return {};
  return {
      Verdict::kAccountDisabled,
      "the account no longer exists in the directory, and the last refresh was cut off; run: nss-ad-refresh",
      {}};
}

// The name means the same account to everybody only when its uid is the same.
std::optional<AccountAnswer> another(const AccountQuestion& question, std::uint32_t uid) {
  if (!question.uid || *question.uid == uid) return std::nullopt;
  return AccountAnswer{
      Verdict::kAccountOther,
      fmt::format("its uid here is {}, and in the snapshot {}; rename or remove one of the two accounts",
                  *question.uid, uid),
      {}};
}

// Whether a local account has the name of one of the directory, whose card then may not log in to it.
AccountAnswer of_local(const AccountQuestion& question, const Site& site) {
  const auto users = snapshot::OpenedUsers::open(site.snapshots + "/" + snapshot::kUsersFile, site.owner);
  if (!users && users.error().state == snapshot::FileState::kAbsent) return {};
  if (!users) return unknown(users.error().text);
  snapshot::UserFields user{};
  switch (users->view().user_by_name(question.account.data(), question.account.size(), user)) {
    case Look::kNone:
      return {};
    case Look::kFound:
      return another(question, user.uid).value_or(AccountAnswer{});
    case Look::kDamaged:
      break;
  }
  return unknown(site.snapshots + "/" + snapshot::kUsersFile + ": is damaged; run: nss-ad-refresh");
}

// Whether libnss_ad knows the account, or nobody can tell.
bool may_have(const Site& site, const std::string& account) {
  const auto users = snapshot::OpenedUsers::open(site.snapshots + "/" + snapshot::kUsersFile, site.owner);
  if (!users) return users.error().state != snapshot::FileState::kAbsent;
  snapshot::UserFields user{};
  return users->view().user_by_name(account.data(), account.size(), user) != Look::kNone;
}

// What userWorkstations calls this computer: its NetBIOS name, which is a host name cut as joining the domain
// cuts it.
std::string workstation_of(const config::AccountRules& rules, const Site& site) {
  if (!rules.workstation.empty()) return rules.workstation;
  const std::string_view label = std::string_view(site.host_name).substr(0, site.host_name.find('.'));
  return std::string(label.substr(0, kNetBiosNameSize));
}

// Why a snapshot of this age is not relied on; empty: it is.
std::string why_not(std::chrono::seconds age, const config::AccountRules& rules) {
  switch (judge_snapshot(age, rules)) {
    case SnapshotAge::kGood:
      return "";
    case SnapshotAge::kOfTheFuture:
      return "the snapshot is dated in the future; correct this machine's clock: timedatectl status";
    case SnapshotAge::kTooOld:
      break;
  }
  return fmt::format("the snapshot is {} hours old; run: nss-ad-refresh", age / std::chrono::hours(1));
}

// Who says what the account's state is, for the log.
std::string source_of(const Live& live, std::chrono::seconds age) {
  if (live.kind != Live::Kind::kUnanswered) return live.text;
  const auto minutes = std::max(std::chrono::duration_cast<std::chrono::minutes>(age).count(), INT64_C(0));
  return fmt::format("snapshot of {} minutes ago{}", minutes,
                     live.text.empty() ? "" : "; the directory was asked: " + live.text);
}

}  // namespace

AccountAnswer inquire(const AccountQuestion& question, const Expected<config::AdConfig, FileError>& config,
                      const Site& site, Time now) {
  if (question.local) return of_local(question, site);
  if (!config && config.error().reason == FileError::Reason::kMissing && !may_have(site, question.account))
    return {};
  if (!config) return unknown(config.error().text);
  const auto restricted =
      snapshot::OpenedRestricted::open(site.snapshots + "/" + snapshot::kRestrictedFile, site.owner);
  if (!restricted) return unknown(restricted.error().text);
  const auto users = snapshot::OpenedUsers::open(site.snapshots + "/" + snapshot::kUsersFile, site.owner);
  if (!users) return unknown(users.error().text);

  snapshot::AccountFields account{};
  const Look look =
      restricted->view().account_by_name(question.account.data(), question.account.size(), account);
  if (look == Look::kNone) return of_users_alone(users->view(), question.account);
  if (look == Look::kDamaged)
    return unknown(site.snapshots + "/" + snapshot::kRestrictedFile + ": is damaged; run: nss-ad-refresh");
  if (auto other = another(question, account.uid)) return std::move(*other);
  const auto age = now - std::min(restricted->synchronized(), users->synchronized());
  if (auto why = why_not(age, config->account); !why.empty())
    return {Verdict::kAccountStateStale, std::move(why), {}};
  const auto gids = gids_of(users->view(), account);
  if (!gids) return unknown(site.snapshots + ": the snapshots contradict each other; run: nss-ad-refresh");
  const auto membership = [&](const std::string& group) -> std::optional<bool> {
    const auto found = snapshot::find_group(users->view(), group);
    return found ? std::optional(gids->contains(found->gid)) : std::nullopt;
  };
  const Live live = site.ask_live ? site.ask_live(snapshot::sid_of(account.sid)) : Live{};
  std::string source = source_of(live, age);
  if (live.kind == Live::Kind::kGone)
    return {Verdict::kAccountDisabled, "the account no longer exists in the directory", std::move(source)};
  const AccountState state = live.kind == Live::Kind::kState ? live.state : snapshot::state_of(account);
  Decision decision = decide(state, {now, question.service, workstation_of(config->account, site)},
                             config->account, membership);
  return {decision.verdict, std::move(decision.cause), std::move(source)};
}

}  // namespace jpki::ad::account
