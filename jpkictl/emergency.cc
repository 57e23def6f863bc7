// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl emergency: lets somebody in whose card is forgotten, broken or locked. Wiring; what each command
// does is in emergency_site.h.
#include "base/node_name.h"
#include "base/place_facts.h"
#include "emergency/judge.h"
#include "jpkictl/emergency_site.h"
#include "jpkictl/interruption.h"
#include "jpkictl/json.h"
#include "jpkictl/program.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <syslog.h>
#include <unistd.h>

namespace jpki::ctl {
namespace {

constexpr PlaceSources kPlace{"/proc/self", "/run/systemd/sessions"};
constexpr auto kMaxHours = emergency::kMaxLife.count();

std::optional<std::pair<uid_t, std::string>> account_here(const std::string& name) {
  const passwd* entry = name.empty() ? nullptr : ::getpwnam(name.c_str());
  if (entry == nullptr) return std::nullopt;
  return std::pair(entry->pw_uid, std::string(entry->pw_name));
}

// The kernel keeps it across su and sudo; the environment would be anybody's word.
std::string who_logged_in() {
  const auto login = read_process_facts(kPlace).login;
  return login ? fmt::format("uid:{}", *login) : "unknown";
}

void announce(const std::string& line) {
  ::openlog("jpkictl", 0, LOG_AUTHPRIV);
  ::syslog(LOG_WARNING, "%s", line.c_str());
  ::closelog();
}

ExitStatus on_this_machine(const Context& context,
                           const std::function<ExitStatus(const EmergencySite&)>& command) {
  if (::geteuid() != 0) return context.could_not_tell("only root may do this; run it with sudo");
  auto now = emergency::read_moment();
  if (!now) return context.could_not_tell(now.error());
  const emergency::Store store(emergency::kCodes, emergency::kHistory, context.trust);
  return command({store, std::move(*now), node_name(), account_here, announce, who_logged_in()});
}

ExitStatus answer(const AnswerOptions& options, const Context& context) {
  const auto key = emergency::read_key(emergency::kSiteKeyFile, context.trust);
  if (!key)
    return context.could_not_tell(key.error().text +
                                  (key.error().reason == FileError::Reason::kMissing
                                       ? "; on the service host run: jpkictl emergency key --new"
                                       : ""));
  return on_this_machine(
      context, [&](const EmergencySite& site) { return emergency_answer(options, *key, site, context); });
}

// Never over a key that is there: every computer would have to get another one.
ExitStatus new_site_key(const Context& context) {
  const auto key = emergency::make_key();
  if (!key) return context.could_not_tell(key.error());
  const HeldSignals whole;
  const UniqueFd file(
      ::open(emergency::kSiteKeyFile, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  const std::string text = emergency::text_of_key(*key);
  const bool written = file.valid() &&
                       ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(file.get()) == 0;
  if (!written) {
    const std::string why = std::strerror(errno);
    if (file.valid()) (void)::unlink(emergency::kSiteKeyFile);
    return context.could_not_tell(std::string(emergency::kSiteKeyFile) + ": " + why);
  }
  if (context.json)
    context.print(print_json({{"result", "made"}, {"file", emergency::kSiteKeyFile}}));
  else
    context.print(fmt::format("{} was made. For each computer, run: jpkictl emergency key --host NAME\n",
                              emergency::kSiteKeyFile));
  return ExitStatus::kGood;
}

ExitStatus host_key(const std::string& host, const Context& context) {
  const auto key = emergency::read_key(emergency::kSiteKeyFile, context.trust);
  if (!key) return context.could_not_tell(key.error().text);
  const std::string text = emergency::text_of_key(emergency::derive_host_key(*key, host));
  context.print(context.json ? print_json({{"host", host}, {"key", text}}) : text);
  return ExitStatus::kGood;
}

void add_issue(CLI::App& emergency, Action& chosen) {
  auto* issue = emergency.add_subcommand("issue", "A code that lets the person in once, on this computer");
  const auto options = std::make_shared<IssueOptions>();
  issue->add_option("ACCOUNT", options->account, "Of a person; never root, never a uid below 1000")
      ->required();
  issue->add_option("--hours", options->hours, "How long it can be used, 1 to 72")
      ->required()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{kMaxHours}))
      ->type_name("N");
  issue->add_option("--reason", options->reason, "Why; kept where only root reads it")
      ->required()
      ->type_name("TEXT");
  issue->callback([options, &chosen] {
    chosen = [options](const Context& context) {
      return on_this_machine(
          context, [&](const EmergencySite& site) { return emergency_issue(*options, site, context); });
    };
  });
}

void add_answer(CLI::App& emergency, Action& chosen) {
  auto* far =
      emergency.add_subcommand("answer", "The answer to the challenge that a person reads out by telephone");
  const auto options = std::make_shared<AnswerOptions>();
  far->add_option("CHALLENGE", options->challenge, "16 digits, with or without spaces")->required();
  far->add_option("--host", options->host, "The computer, as its screen says")->required()->type_name("NAME");
  far->add_option("--account", options->account, "The user name, as the screen says")
      ->required()
      ->type_name("NAME");
  far->add_option("--reason", options->reason, "Why; kept where only root reads it")
      ->required()
      ->type_name("TEXT");
  far->callback([options, &chosen] {
    chosen = [options](const Context& context) { return answer(*options, context); };
  });
}

void add_key(CLI::App& emergency, Action& chosen) {
  auto* key =
      emergency.add_subcommand("key", "The keys for answering: the site's, and one for each computer");
  const auto host = std::make_shared<std::string>();
  const auto fresh = std::make_shared<bool>(false);
  auto* const of_host =
      key->add_option("--host", *host, "Print the key of this computer, for its /etc/jpki/emergency.key")
          ->type_name("NAME");
  key->add_flag("--new", *fresh, "Make the site's key, /etc/jpki/emergency-site.key")->excludes(of_host);
  key->callback([host, fresh, &chosen] {
    chosen = [host, fresh](const Context& context) {
      if (host->empty() && !*fresh) return context.wrong_usage("give --host NAME or --new");
      if (::geteuid() != 0) return context.could_not_tell("only root may do this; run it with sudo");
      if (*fresh) return new_site_key(context);
      return host_key(*host, context);
    };
  });
}

}  // namespace

void add_emergency(CLI::App& app, Action& chosen) {
  auto* emergency = app.add_subcommand("emergency", "Let somebody in without a card, once");
  emergency->require_subcommand(1);
  emergency->fallthrough();
  add_issue(*emergency, chosen);
  emergency->add_subcommand("list", "The codes that were issued on this computer and not used")
      ->callback([&chosen] {
        chosen = [](const Context& context) {
          return on_this_machine(context,
                                 [&](const EmergencySite& site) { return emergency_list(site, context); });
        };
      });
  auto* revoke = emergency->add_subcommand("revoke", "Make a code void");
  const auto what = std::make_shared<std::string>();
  revoke->add_option("WHAT", *what, "The account, or the id of the code")->required();
  revoke->callback([what, &chosen] {
    chosen = [what](const Context& context) {
      return on_this_machine(
          context, [&](const EmergencySite& site) { return emergency_revoke(*what, site, context); });
    };
  });
  add_answer(*emergency, chosen);
  add_key(*emergency, chosen);
}

}  // namespace jpki::ctl
