// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/account/rules.h"

#include "base/ascii_case.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ad::account {
namespace {

constexpr std::uint32_t kDisabled = 0x2;          // [MS-ADTS] 2.2.16, D
constexpr FileTime kNever = INT64_MAX;            // of accountExpires
constexpr std::int64_t kUnixEpoch = 11644473600;  // seconds after 1601-01-01
constexpr FileTime kTicks = 10000000;             // in a second
constexpr std::int64_t kHoursInWeek = 168;
constexpr std::int64_t kHoursBeforeEpoch = 4 * 24;  // 1970-01-01 was a Thursday; weeks begin on Sunday

bool is_locked(const AccountState& state, FileTime now, std::chrono::seconds duration) {
  if (state.lockout_time == 0) return false;
  const FileTime ticks = duration.count() * kTicks;
  return ticks == 0 || state.lockout_time > INT64_MAX - ticks || now < state.lockout_time + ticks;
}

bool in_logon_hours(const LogonHours& hours, Time now) {
  const std::int64_t since_epoch = std::chrono::floor<std::chrono::hours>(now.time_since_epoch()).count();
  const std::int64_t turn = (since_epoch + kHoursBeforeEpoch) % kHoursInWeek;
  const auto hour = static_cast<std::size_t>(turn < 0 ? turn + kHoursInWeek : turn);
  return (hours[hour / 8] >> (hour % 8) & 1) != 0;
}

std::optional<Decision> refused_by(const config::ServiceRule& rule, const Membership& membership) {
  for (const std::string& group : rule.denied_groups) {
    const auto member = membership(group);
    if (!member)
      return Decision{Verdict::kAccountStateUnknown,
                      fmt::format("denied_groups in ad.toml names {}, which is not in the snapshot; correct "
                                  "it, or run: nss-ad-refresh",
                                  group)};
    if (*member) return Decision{Verdict::kGroupDenied, fmt::format("the account is in {}", group)};
  }
  if (rule.allowed_groups.empty()) return std::nullopt;
  const bool allowed = std::ranges::any_of(
      rule.allowed_groups, [&](const std::string& group) { return membership(group).value_or(false); });
  if (allowed) return std::nullopt;
  return Decision{Verdict::kGroupDenied,
                  fmt::format("the account is in none of {}", fmt::join(rule.allowed_groups, ", "))};
}

}  // namespace

SnapshotAge judge_snapshot(std::chrono::seconds age, const config::AccountRules& rules) {
  constexpr std::chrono::minutes kMaxSkew{5};
  if (age < -kMaxSkew) return SnapshotAge::kOfTheFuture;
  return age <= rules.max_snapshot_age ? SnapshotAge::kGood : SnapshotAge::kTooOld;
}

FileTime to_file_time(Time time) {
  return (time.time_since_epoch().count() + kUnixEpoch) * kTicks;
}

Decision decide(const AccountState& state, const Circumstances& circumstances,
                const config::AccountRules& rules, const Membership& membership) {
  const FileTime now = to_file_time(circumstances.now);
  if ((state.user_account_control & kDisabled) != 0)
    return {Verdict::kAccountDisabled, "disabled in the directory"};
  if (state.account_expires != 0 && state.account_expires != kNever && now >= state.account_expires)
    return {Verdict::kAccountExpired, "accountExpires has passed"};
  if (is_locked(state, now, rules.lockout_duration))
    return {Verdict::kAccountLocked, "lockoutTime is set; unlock it in the directory, or wait"};
  if (state.logon_hours && !in_logon_hours(*state.logon_hours, circumstances.now))
    return {Verdict::kLogonHoursDenied, "logonHours does not include this hour (UTC)"};
  const bool here =
      state.workstations.empty() || std::ranges::any_of(state.workstations, [&](const std::string& name) {
        return equal_ignoring_case(name, circumstances.workstation);
      });
  if (!here)
    return {Verdict::kWorkstationDenied,
            fmt::format("userWorkstations does not list {}", circumstances.workstation)};
  for (const config::ServiceRule& rule : rules.service_rules) {
    const bool fits = rule.services.empty() ||
                      std::ranges::find(rule.services, circumstances.service) != rule.services.end();
    if (!fits) continue;
    if (auto refused = refused_by(rule, membership)) return std::move(*refused);
  }
  return {Verdict::kAccepted, {}};
}

}  // namespace jpki::ad::account
