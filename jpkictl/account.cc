// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl account NAME
#include "base/node_name.h"
#include "jpkictl/explanations.h"
#include "jpkictl/json.h"
#include "jpkictl/program.h"
#include "nss_ad/account/inquiry.h"
#include "nss_ad/account/live_process.h"

#include <memory>

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

struct Arguments {
  std::string name;
  std::string service = "login";
  std::string config = ad::config::kDefaultConfigFile;
  std::string snapshots = JPKI_STATEDIR "/ad";
  bool snapshot_alone = false;
};

// jpki-account-live knows the installed ad.toml and its directory only.
bool asks_directory(const Arguments& arguments) {
  const Arguments installed;
  return !arguments.snapshot_alone && arguments.config == installed.config &&
         arguments.snapshots == installed.snapshots;
}

ExitStatus show(const Arguments& arguments, const Context& context) {
  const std::string host = node_name();
  if (host.empty()) return context.could_not_tell("this computer has no host name");
  const auto config = ad::config::load_ad_config(arguments.config, context.trust);
  ad::account::Site site{arguments.snapshots, host, context.trust.owner, {}};
  std::optional<ad::account::LiveProcess> live;
  if (config && config->account.live_timeout.count() > 0 && asks_directory(arguments)) {
    live.emplace();
    site.ask_live = [&](const ad::Sid& sid) { return live->ask(sid, config->account.live_timeout); };
  }
  const AccountAnswer answer =
      ad::account::inquire({arguments.service, arguments.name, {}, false}, config, site, context.now);
  if (!answer.verdict)
    return context.could_not_tell(fmt::format(
        "the snapshot of the directory has no account {}; if it is new there, run: nss-ad-refresh",
        arguments.name));
  const Verdict verdict = *answer.verdict;
  if (context.json) {
    const Json json = {{"account", arguments.name}, {"service", arguments.service},
                       {"code", code_of(verdict)},  {"name", std::string(name_of(verdict))},
                       {"cause", answer.cause},     {"source", answer.source}};
    context.print(print_json(json));
  } else if (verdict == Verdict::kAccepted) {
    context.print(fmt::format("{}: may log in through {}\n  said by    {}\n", arguments.name,
                              arguments.service, answer.source));
  } else {
    context.print(fmt::format("{}: {} {}\n  cause      {}\n  said by    {}\n  next step  {}\n",
                              arguments.name, code_of(verdict), name_of(verdict), answer.cause,
                              answer.source.empty() ? "-" : answer.source,
                              explanation_of(verdict).next_step));
  }
  if (verdict == Verdict::kAccepted) return ExitStatus::kGood;
  const bool told = verdict != Verdict::kAccountStateUnknown && verdict != Verdict::kAccountStateStale;
  return told ? ExitStatus::kBad : ExitStatus::kCouldNotTell;
}

}  // namespace

void add_account(const Command& jpkictl) {
  const auto [command, arguments] =
      jpkictl.add("account", "Whether an Active Directory account may log in here and now", show);
  command.option("NAME", arguments->name, "The account").required();
  command.option("--service", arguments->service, "The PAM service").shows_default();
  command.option("--ad-config", arguments->config, "Read this ad.toml").value_name("FILE");
  command.option("--snapshots", arguments->snapshots, "Read snapshots from here").value_name("DIRECTORY");
  command.flag("--snapshot-alone", arguments->snapshot_alone, "Do not ask the directory itself");
}

}  // namespace jpki::ctl
