// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/emergency_site.h"

#include "base/emergency_code.h"
#include "base/printable.h"
#include "emergency/challenge.h"
#include "emergency/code.h"
#include "emergency/judge.h"
#include "jpkictl/interruption.h"
#include "jpkictl/json.h"
#include "jpkictl/text.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

constexpr uid_t kFirstPerson = 1000;  // as the option min_uid of pam_jpki.so
constexpr std::uint64_t kIds = 1'000'000;
constexpr std::size_t kMaxReason = 500;

std::string new_id() {
  return fmt::format("E-{:06}", emergency::random_below(kIds).value_or(0));
}

std::string register_line(std::string_view what, const std::string& id, const std::string& account,
                          const std::string& host, const std::string& reason, const EmergencySite& site) {
  return fmt::format("{} {} {} account={} host={} by={} reason={}", time_text(site.now.wall), what, id,
                     account, host, site.administrator, reason);
}

std::optional<std::string> wrong_reason(const std::string& reason) {
  if (reason.find_first_not_of(' ') == std::string::npos)
    return "--reason must say why; whoever reads the register later knows nothing else";
  if (reason.size() > kMaxReason) return fmt::format("--reason is longer than {} bytes", kMaxReason);
  return std::nullopt;
}

// The account's own name and uid, if it may have a code.
Expected<std::pair<uid_t, std::string>, std::string> person(const std::string& name,
                                                            const EmergencySite& site) {
  auto found = site.account(name);
  if (!found)
    return Unexpected{fmt::format("there is no account {} on this machine", for_terminal(name, Lines::kOne))};
  if (found->first < kFirstPerson || found->second == "root")
    return Unexpected{
        fmt::format("{} is privileged (its uid is below {}): no emergency code is ever issued for it",
                    found->second, kFirstPerson)};
  return std::move(*found);
}

std::string state_of(const emergency::Issue& issue, const emergency::Tries& tries,
                     const emergency::Moment& now) {
  if (issue.boot != now.boot || !emergency::is_live(issue, now)) return "expired";
  return tries.boot == now.boot && tries.against_code >= emergency::kMaxWrong ? "too many tries" : "good";
}

// By the time of day, for people: what counts is Moment.up.
Time end_of(const emergency::Issue& issue, const emergency::Moment& now) {
  return now.wall + (issue.end - now.up);
}

ExitStatus refuse(const Context& context, std::string_view text) {
  (void)context.could_not_tell(text);
  return ExitStatus::kBad;
}

}  // namespace

ExitStatus emergency_issue(const IssueOptions& options, const EmergencySite& site, const Context& context) {
  if (const auto wrong = wrong_reason(options.reason)) return context.wrong_usage(*wrong);
  const auto who = person(options.account, site);
  if (!who) return refuse(context, who.error());
  const auto code = emergency::make_code();
  const auto hash = code ? emergency::hash_of(code->bytes()) : std::nullopt;
  if (!hash) return context.could_not_tell("no code could be made: not enough memory, or no random bytes");
  const emergency::Issue issue{.id = new_id(),
                               .account = who->second,
                               .uid = who->first,
                               .boot = site.now.boot,
                               .up = site.now.up,
                               .end = site.now.up + std::chrono::hours(options.hours),
                               .issued = site.now.wall,
                               .reason = options.reason,
                               .hash = *hash};
  const auto lock = site.store.lock(emergency::kLockPatience);
  if (!lock) return context.could_not_tell(lock.error());
  const HeldSignals whole;
  const std::string line = register_line("issued", issue.id, issue.account, site.host, options.reason, site);
  if (auto written = site.store.add_to_register(line); !written)
    return context.could_not_tell(written.error() + "; nothing was issued");
  const auto before = site.store.read<emergency::Issue>(issue.uid);
  // The pause ends as well: somebody who knows the person has just been asked.
  auto forgotten = site.store.remove<emergency::Tries>(issue.uid);
  if (!forgotten) return context.could_not_tell(forgotten.error() + "; nothing was issued");
  if (auto written = site.store.write(issue.uid, issue); !written)
    return context.could_not_tell(written.error() + "; nothing was issued");
  site.announce(fmt::format("emergency code issued account={} host={} id={} hours={} by={}", issue.account,
                            site.host, issue.id, options.hours, site.administrator));
  const bool replaced = before && *before;
  const std::string text = in_groups(code->bytes());
  const std::string until = time_text(end_of(issue, site.now));
  if (context.json)
    context.print(print_json({{"id", issue.id},
                              {"account", issue.account},
                              {"code", text},
                              {"until", until},
                              {"replaced", replaced ? Json((*before)->id) : Json(nullptr)}}));
  else
    context.print(fmt::format(
        "Emergency code for {} on {}:\n\n    {}\n\nIt can be used once, on this computer, until {} or its "
        "next start.\n"
        "{}Read it aloud four digits at a time, to the person alone. It is shown only now. Its id is {}.\n",
        issue.account, site.host, text, until, replaced ? "The code before it can no longer be used.\n" : "",
        issue.id));
  return ExitStatus::kGood;
}

ExitStatus emergency_list(const EmergencySite& site, const Context& context) {
  const auto issues = site.store.issues();
  if (!issues) return context.could_not_tell(issues.error());
  std::vector<std::vector<std::string>> rows = {
      {"ID", "ACCOUNT", "ISSUED", "UNTIL", "WRONG TRIES", "STATE", "REASON"}};
  Json json = Json::array();
  for (const emergency::Issue& issue : *issues) {
    const auto found = site.store.read<emergency::Tries>(issue.uid);
    if (!found) return context.could_not_tell(found.error());
    const emergency::Tries tries = found->value_or(emergency::Tries{});
    const std::string state = state_of(issue, tries, site.now);
    // After a reboot nothing tells how long it would have lived.
    const std::string until = issue.boot == site.now.boot ? time_text(end_of(issue, site.now)) : "-";
    rows.push_back({issue.id, for_terminal(issue.account, Lines::kOne), time_text(issue.issued), until,
                    std::to_string(tries.against_code), state, for_terminal(issue.reason, Lines::kOne)});
    json.push_back({{"id", issue.id},
                    {"account", issue.account},
                    {"issued", time_text(issue.issued)},
                    {"until", until == "-" ? Json(nullptr) : Json(until)},
                    {"wrong_tries", tries.against_code},
                    {"state", state},
                    {"reason", issue.reason}});
  }
  if (context.json)
    context.print(print_json({{"codes", json}}));
  else
    context.print(issues->empty() ? "No emergency code is issued on this computer.\n" : table(rows));
  return ExitStatus::kGood;
}

ExitStatus emergency_revoke(const std::string& what, const EmergencySite& site, const Context& context) {
  const auto lock = site.store.lock(emergency::kLockPatience);
  if (!lock) return context.could_not_tell(lock.error());
  const auto issues = site.store.issues();
  if (!issues) return context.could_not_tell(issues.error());
  const auto account = site.account(what);
  const auto issue = std::ranges::find_if(*issues, [&](const emergency::Issue& one) {
    return one.id == what || one.account == what || (account && one.uid == account->first);
  });
  if (issue == issues->end())
    return refuse(context, fmt::format("no code is issued for {}; run: jpkictl emergency list",
                                       for_terminal(what, Lines::kOne)));
  const HeldSignals whole;
  if (auto removed = site.store.remove<emergency::Issue>(issue->uid); !removed)
    return context.could_not_tell(removed.error());
  site.announce(fmt::format("emergency code revoked account={} host={} id={} by={}", issue->account,
                            site.host, issue->id, site.administrator));
  if (auto written = site.store.add_to_register(
          register_line("revoked", issue->id, issue->account, site.host, "-", site));
      !written)
    context.warn({written.error()});
  if (context.json)
    context.print(print_json({{"id", issue->id}, {"account", issue->account}}));
  else
    context.print(fmt::format("The code {} for {} can no longer be used.\n", issue->id, issue->account));
  return ExitStatus::kGood;
}

ExitStatus emergency_answer(const AnswerOptions& options, const emergency::Key& site_key,
                            const EmergencySite& site, const Context& context) {
  if (const auto wrong = wrong_reason(options.reason)) return context.wrong_usage(*wrong);
  if (options.account == "root") return refuse(context, "root never gets in by an emergency code");
  const auto challenge = emergency_code_of(options.challenge);
  if (!challenge)
    return refuse(
        context,
        "that is no challenge: it has 16 digits, and one was misheard or mistyped; ask for it again");
  const emergency::Key key = emergency::derive_host_key(site_key, options.host);
  if (!emergency::belongs_to(challenge->bytes(), key, options.host, options.account))
    return refuse(context,
                  "the challenge is not of this computer and account: ask for the names on the screen again, "
                  "letter by letter; or the computer's /etc/jpki/emergency.key is not of this site's key");
  const auto answer = emergency::answer_to(challenge->bytes(), key, options.host, options.account);
  if (!answer) return context.could_not_tell("no memory for the answer");
  const std::string id = emergency::id_of(as_text(challenge->bytes()));
  const std::string line = register_line("answered", id, options.account, options.host, options.reason, site);
  if (auto written = site.store.add_to_register(line); !written)
    return context.could_not_tell(written.error() + "; nothing was answered");
  site.announce(fmt::format("emergency challenge answered account={} host={} id={} by={}",
                            printable(options.account), printable(options.host), id, site.administrator));
  if (context.json)
    context.print(print_json({{"id", id},
                              {"account", options.account},
                              {"host", options.host},
                              {"answer", in_groups(answer->bytes())}}));
  else
    context.print(fmt::format(
        "Answer for {} on {}:\n\n    {}\n\nIt can be used once, until the challenge is half an hour "
        "old. Read it aloud four digits at a time.\n",
        for_terminal(options.account, Lines::kOne), for_terminal(options.host, Lines::kOne),
        in_groups(answer->bytes())));
  return ExitStatus::kGood;
}

}  // namespace jpki::ctl
