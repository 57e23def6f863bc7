// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl emergency: lets somebody in whose card is forgotten, broken or locked. Wiring; what each command
// does is in emergency_site.h.
#include "base/node_name.h"
#include "emergency/judge.h"
#include "jpkictl/announcement.h"
#include "jpkictl/emergency_site.h"
#include "jpkictl/interruption.h"
#include "jpkictl/json.h"
#include "jpkictl/program.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

namespace jpki::ctl {
namespace {

constexpr auto kMaxHours = emergency::kMaxLife.count();

std::optional<std::pair<uid_t, std::string>> account_here(const std::string& name) {
  const passwd* entry = name.empty() ? nullptr : ::getpwnam(name.c_str());
  if (entry == nullptr) return std::nullopt;
  return std::pair(entry->pw_uid, std::string(entry->pw_name));
}

ExitStatus on_this_machine(const Context& context,
                           const std::function<ExitStatus(const EmergencySite&)>& command) {
  if (::geteuid() != 0) return context.could_not_tell("only root may do this; run it with sudo");
  auto now = emergency::read_moment();
  if (!now) return context.could_not_tell(now.error());
  const emergency::Store store(emergency::kCodes, emergency::kHistory, context.trust);
  return command({store, std::move(*now), node_name(), account_here,
                  [](const std::string& line) { announce(Weight::kWarning, line); }, who_logged_in()});
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

struct KeyOptions {
  std::string host;
  bool fresh = false;
};

ExitStatus key(const KeyOptions& options, const Context& context) {
  if (options.host.empty() && !options.fresh) return context.wrong_usage("give --host NAME or --new");
  if (::geteuid() != 0) return context.could_not_tell("only root may do this; run it with sudo");
  return options.fresh ? new_site_key(context) : host_key(options.host, context);
}

ExitStatus issue(const IssueOptions& options, const Context& context) {
  return on_this_machine(context,
                         [&](const EmergencySite& site) { return emergency_issue(options, site, context); });
}

ExitStatus list(const Context& context) {
  return on_this_machine(context, [&](const EmergencySite& site) { return emergency_list(site, context); });
}

ExitStatus revoke(const std::string& what, const Context& context) {
  return on_this_machine(context,
                         [&](const EmergencySite& site) { return emergency_revoke(what, site, context); });
}

void add_issue(const Command& emergency) {
  const auto [command, options] =
      emergency.add("issue", "A code that lets the person in once, on this computer", issue);
  command.option("ACCOUNT", options->account, "Of a person; never root, never a uid below 1000").required();
  command.option("--hours", options->hours, "How long it can be used, 1 to 72")
      .required()
      .between(1, kMaxHours)
      .value_name("N");
  command.option("--reason", options->reason, "Why; kept where only root reads it")
      .required()
      .value_name("TEXT");
}

void add_answer(const Command& emergency) {
  const auto [command, options] =
      emergency.add("answer", "The answer to the challenge that a person reads out by telephone", answer);
  command.option("CHALLENGE", options->challenge, "16 digits, with or without spaces").required();
  command.option("--host", options->host, "The computer, as its screen says").required().value_name("NAME");
  command.option("--account", options->account, "The user name, as the screen says")
      .required()
      .value_name("NAME");
  command.option("--reason", options->reason, "Why; kept where only root reads it")
      .required()
      .value_name("TEXT");
}

void add_key(const Command& emergency) {
  const auto [command, options] =
      emergency.add("key", "The keys for answering: the site's, and one for each computer", key);
  const auto host =
      command
          .option("--host", options->host, "Print the key of this computer, for its /etc/jpki/emergency.key")
          .value_name("NAME");
  command.flag("--new", options->fresh, "Make the site's key, /etc/jpki/emergency-site.key").excludes(host);
}

}  // namespace

void add_emergency(const Command& jpkictl) {
  const Command emergency = jpkictl.add_group("emergency", "Let somebody in without a card, once");
  add_issue(emergency);
  emergency.add("list", "The codes that were issued on this computer and not used", list);
  const auto [command, what] = emergency.add("revoke", "Make a code void", revoke);
  command.option("WHAT", *what, "The account, or the id of the code").required();
  add_answer(emergency);
  add_key(emergency);
}

}  // namespace jpki::ctl
