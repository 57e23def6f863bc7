// SPDX-License-Identifier: LGPL-2.1-or-later
#include "emergency/judge.h"

#include "emergency/challenge.h"
#include "emergency/code.h"

#include <algorithm>

namespace jpki::emergency {
namespace {

constexpr unsigned kFreeTries = 2;  // without a pause after them
constexpr std::chrono::seconds kFirstPause{30};
constexpr std::chrono::seconds kLongestPause{3600};
constexpr unsigned kPauseGrowth = 4;

EmergencyAnswer refused(Verdict verdict, std::string cause) {
  return {.verdict = verdict, .cause = std::move(cause)};
}
EmergencyAnswer unusable(std::string cause) {
  return refused(Verdict::kEmergencyUnusable, std::move(cause));
}

// Of this boot and of the time between `up` and `end`.
bool holds(const std::string& boot, std::chrono::seconds up, std::chrono::seconds end, const Moment& now) {
  return boot == now.boot && up <= now.up && now.up < end;
}

// What was tried before; nothing is remembered of another boot, or of too long ago.
Expected<Tries, std::string> tries_of(uid_t uid, const Site& site) {
  auto found = site.store.read<Tries>(uid);
  if (!found) return Unexpected{found.error()};
  Tries tries = found->value_or(Tries{});
  if (tries.boot != site.now.boot) tries = Tries{.boot = site.now.boot};
  if (tries.last + kForgottenAfter < site.now.up) tries.wrong = 0;
  return tries;
}

std::optional<EmergencyAnswer> in_pause(const Tries& tries, const Moment& now) {
  const auto over = tries.last + pause_after(tries.wrong);
  if (now.up >= over) return std::nullopt;
  return refused(Verdict::kEmergencyTooSoon, std::to_string(tries.wrong) +
                                                 " wrong codes; the pause is over in " +
                                                 std::to_string((over - now.up).count()) + " s");
}

// The challenge that every terminal shows until it is answered or its time is over.
EmergencyAnswer begin(const EmergencyQuestion& question, const Site& site) {
  EmergencyAnswer answer{.verdict = Verdict::kAccepted, .cause = site.key_problem};
  if (!site.host_key) return answer;
  const auto kept = site.store.read<Pending>(question.uid);
  if (!kept) return unusable(kept.error());
  const bool good = *kept && holds((*kept)->boot, (*kept)->up, (*kept)->end, site.now) &&
                    belongs_to(as_bytes((*kept)->challenge), *site.host_key, site.host, question.account);
  if (good) {
    answer.challenge = (*kept)->challenge;
    return answer;
  }
  const auto challenge = make_challenge(*site.host_key, site.host, question.account);
  if (!challenge) return unusable("no random bytes");
  const Pending pending{.challenge = *challenge,
                        .account = question.account,
                        .boot = site.now.boot,
                        .up = site.now.up,
                        .end = site.now.up + kChallengeLife};
  if (auto written = site.store.write(question.uid, pending); !written) return unusable(written.error());
  answer.challenge = *challenge;
  return answer;
}

// A code that is right, by which of the two ways; or why it is not.
struct Judgement {
  enum class Way { kNone, kIssue, kAnswer } way = Way::kNone;
  std::string id{};
  std::string cause{};
};

std::string why_void(const std::optional<Issue>& issue, const Tries& tries, const EmergencyQuestion& question,
                     const Moment& now) {
  if (!issue) return "no code is issued for the account";
  if (issue->account != question.account) return "the code is of another account with this uid";
  if (issue->boot != now.boot) return "the code is of before the machine was started";
  if (!is_live(*issue, now)) return "the time of the code is over";
  return tries.against_code > kMaxWrong ? "the code has borne too many wrong tries" : "";
}

Judgement of_issue(const std::optional<Issue>& issue, const Tries& tries, const EmergencyQuestion& question,
                   const Moment& now) {
  Judgement judgement{.cause = why_void(issue, tries, question, now)};
  const bool good = judgement.cause.empty();
  const bool right = matches(good ? issue->hash : nobodys_hash(), question.code->bytes());
  if (issue) judgement.id = issue->id;
  if (!good) return judgement;
  if (right)
    judgement.way = Judgement::Way::kIssue;
  else
    judgement.cause = "wrong code";
  return judgement;
}

bool is_answer(const std::optional<Pending>& pending, const EmergencyQuestion& question, const Site& site) {
  if (!site.host_key || !pending || pending->account != question.account ||
      !holds(pending->boot, pending->up, pending->end, site.now))
    return false;
  const auto expected = answer_to(as_bytes(pending->challenge), *site.host_key, site.host, question.account);
  return expected && same(expected->bytes(), question.code->bytes());
}

Expected<Judgement, std::string> judge_code(const EmergencyQuestion& question, const Tries& tries,
                                            const Site& site) {
  const auto issue = site.store.read<Issue>(question.uid);
  if (!issue) return Unexpected{issue.error()};
  const auto pending = site.store.read<Pending>(question.uid);
  if (!pending) return Unexpected{pending.error()};
  Judgement judgement = of_issue(*issue, tries, question, site.now);
  if (judgement.way == Judgement::Way::kNone && is_answer(*pending, question, site))
    judgement = {.way = Judgement::Way::kAnswer, .id = id_of((*pending)->challenge), .cause = {}};
  return judgement;
}

// From here on the code is worth nothing. The use is written before.
Expected<Unit, std::string> use_up(const Judgement& judgement, const EmergencyQuestion& question,
                                   const Site& site) {
  const Used used{.id = judgement.id, .account = question.account, .when = site.now.wall};
  if (auto written = site.store.write(question.uid, used); !written) return written;
  const auto removed = judgement.way == Judgement::Way::kIssue ? site.store.remove<Issue>(question.uid)
                                                               : site.store.remove<Pending>(question.uid);
  if (!removed) return Unexpected{removed.error()};
  if (!*removed) return Unexpected{std::string("the code was used by another process")};
  (void)site.store.remove<Tries>(question.uid);
  return Unit{};
}

EmergencyAnswer try_code(const EmergencyQuestion& question, const Tries& before, const Site& site) {
  if (!question.code || !is_emergency_code(question.code->bytes()))
    return refused(Verdict::kEmergencyMalformed, "not the form of a code");
  Tries tries = before;
  ++tries.wrong;
  ++tries.against_code;
  tries.last = site.now.up;
  if (auto written = site.store.write(question.uid, tries); !written) return unusable(written.error());
  const auto judgement = judge_code(question, tries, site);
  if (!judgement) return unusable(judgement.error());
  if (judgement->way == Judgement::Way::kNone) {
    EmergencyAnswer answer = refused(Verdict::kEmergencyRefused, judgement->cause);
    answer.id = judgement->id;
    return answer;
  }
  if (auto used = use_up(*judgement, question, site); !used) {
    (void)site.store.write(question.uid, before);  // it was no wrong code
    return unusable(used.error());
  }
  return {.verdict = Verdict::kAccepted, .id = judgement->id};
}

EmergencyAnswer notice(const EmergencyQuestion& question, const Site& site) {
  const auto used = site.store.read<Used>(question.uid);
  if (!used) return unusable(used.error());
  EmergencyAnswer answer{.verdict = Verdict::kAccepted};
  if (!*used || (*used)->account != question.account) return answer;
  if (auto removed = site.store.remove<Used>(question.uid); !removed) answer.cause = removed.error();
  answer.id = (*used)->id;
  answer.used =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, (*used)->when.time_since_epoch().count()));
  return answer;
}

}  // namespace

std::chrono::seconds pause_after(unsigned wrong) {
  if (wrong <= kFreeTries) return std::chrono::seconds(0);
  auto pause = kFirstPause;
  for (unsigned i = kFreeTries + 1; i < wrong && pause < kLongestPause; ++i) pause *= kPauseGrowth;
  return std::min(pause, kLongestPause);
}

bool is_live(const Issue& issue, const Moment& now) {
  return holds(issue.boot, issue.up, issue.end, now);
}

EmergencyAnswer judge(const EmergencyQuestion& question, const Site& site) {
  if (question.uid == 0 || question.account.empty() || question.account == "root")
    return refused(Verdict::kEmergencyAccount, "root never has a code");
  const auto lock = site.store.lock(kLockPatience);
  if (!lock) return unusable(lock.error());
  if (question.step == EmergencyStep::kNotice) return notice(question, site);
  const auto tries = tries_of(question.uid, site);
  if (!tries) return unusable(tries.error());
  if (auto soon = in_pause(*tries, site.now)) return std::move(*soon);
  return question.step == EmergencyStep::kBegin ? begin(question, site) : try_code(question, *tries, site);
}

}  // namespace jpki::emergency
