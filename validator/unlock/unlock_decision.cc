// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/unlock/unlock_decision.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::unlock {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kFullLogin = "card+pin";
// Beyond any uptime; keeps numbers that are nonsense from overflowing.
constexpr std::uint64_t kMostUp = std::uint64_t{1} << 52;
constexpr Time kFirstLogin = std::chrono::sys_days(std::chrono::year(2020) / 1 / 1);

Unexpected<Refused> refuse(Verdict verdict, std::string cause) {
  return Unexpected{Refused{verdict, std::move(cause)}};
}

bool allowed(Purpose purpose, const config::UnlockPolicy& policy) {
  return (purpose == Purpose::kPresence && policy.presence) || (purpose == Purpose::kRecent && policy.recent);
}

// From then until now; nothing: it is not past.
std::optional<milliseconds> passed(std::uint64_t then_ms, std::uint64_t now_ms) {
  if (then_ms > now_ms || now_ms > kMostUp) return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(now_ms - then_ms));
}

}  // namespace

Expected<Unit, Refused> may_unlock(Purpose purpose, const CardSession& session,
                                   const config::UnlockPolicy& policy, const Moment& moment) {
  if (!allowed(purpose, policy))
    return refuse(Verdict::kUnlockNotAllowed, "[unlock] in jpki.toml does not allow it");

  // A first login, and what opened a session in another boot, has no place here.
  if (session.factors != kFullLogin)
    return refuse(Verdict::kNoCardSession, "the session was not opened by a card and its PIN");
  if (session.boot.empty() || session.boot != moment.up.boot)
    return refuse(Verdict::kNoCardSession, "the session's record is not of this boot");
  const auto up = passed(session.up_ms, moment.up.up_ms);
  if (session.up_ms == 0 || !up || session.login < kFirstLogin)
    return refuse(Verdict::kNoCardSession, "the session's record tells no time that can be");

  if (!session.locked_up_ms) return refuse(Verdict::kLockUnknown, "nobody tells since when it is locked");
  const auto locked = passed(*session.locked_up_ms, moment.up.up_ms);
  if (!locked || *session.locked_up_ms < session.up_ms)
    return refuse(Verdict::kLockUnknown, "it is locked since a time that cannot be");

  // The machine's clock knows of time that CLOCK_BOOTTIME missed, as in a virtual machine that was put back
  // to an earlier state. One that was set back knows nothing.
  if (moment.clock + moment.skew < session.login)
    return refuse(Verdict::kCardLoginTooOld, "the clock was set back since the card login");
  const auto by_clock = std::max(moment.clock - session.login, seconds(0));
  if (const auto age = std::max<milliseconds>(*up, by_clock); age > policy.max_age)
    return refuse(Verdict::kCardLoginTooOld, fmt::format("the card login was {} minutes ago",
                                                         duration_cast<std::chrono::minutes>(age).count()));
  if (*locked < policy.min_locked)
    return refuse(Verdict::kUnlockTooSoon,
                  fmt::format("it has been locked for {} s", duration_cast<seconds>(*locked).count()));
  return Unit{};
}

Expected<Unit, Refused> may_unlock(Purpose purpose, const std::vector<CardSession>& sessions,
                                   const config::UnlockPolicy& policy, const Moment& moment) {
  for (const CardSession& session : sessions)
    if (auto may = may_unlock(purpose, session, policy, moment); !may) return may;
  if (!allowed(purpose, policy)) return may_unlock(purpose, CardSession{}, policy, moment);
  if (sessions.empty())
    return refuse(Verdict::kNoCardSession, "the account has no open session here, or they cannot be read");
  return Unit{};
}

}  // namespace jpki::unlock
