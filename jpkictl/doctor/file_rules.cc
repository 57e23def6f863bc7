// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/file_rules.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl::doctor {
namespace {

using Kind = FileFact::Kind;

constexpr char kReinstallModule[] = "apt-get install --reinstall libpam-jpki";
constexpr char kReinstallValidator[] = "apt-get install --reinstall jpki-validator";
constexpr char kReinstallGreeter[] = "apt-get install --reinstall jpki-greeter";
constexpr char kMakeDirectories[] = "systemd-tmpfiles --create jpki.conf";

constexpr FileRule kModule[] = {
    {JPKI_PAMDIR "/pam_jpki.so", Kind::kRegular, Who::kRoot, Who::kRoot, 0755, 0444, kReinstallModule},
};

constexpr FileRule program(const char* path) {
  return {path, Kind::kRegular, Who::kRoot, Who::kRoot, 0755, 0555, kReinstallValidator};
}
constexpr FileRule kPrograms[] = {
    program(JPKI_LIBEXECDIR "/jpki-validator"),
    program(JPKI_LIBEXECDIR "/jpki-fetch"),
    program(JPKI_LIBEXECDIR "/jpki-fetch-curl"),
    program(JPKI_LIBEXECDIR "/jpki-relay"),
    program(JPKI_LIBEXECDIR "/jpki-account"),
    program(JPKI_LIBEXECDIR "/jpki-account-live"),
    program(JPKI_LIBEXECDIR "/jpki-emergency"),
    program(JPKI_LIBEXECDIR "/jpki-succession"),
    program(JPKI_LIBEXECDIR "/jpki-self-registration"),
    program(JPKI_LIBEXECDIR "/jpki-directory"),
    program(JPKI_LIBEXECDIR "/jpki-ticket"),
    // A module, which jpki-ticket loads.
    {JPKI_LIBEXECDIR "/jpki-ticket-pkcs11.so", Kind::kRegular, Who::kRoot, Who::kRoot, 0755, 0444,
     kReinstallValidator},
};

// As conf/tmpfiles.conf makes them; tests compare the two.
constexpr FileRule kDirectories[] = {
    {JPKI_SYSCONFDIR, Kind::kDirectory, Who::kRoot, Who::kRoot, 0755, 0555, kReinstallValidator},
    {JPKI_STATEDIR, Kind::kDirectory, Who::kRoot, Who::kRoot, 0755, 0555, kMakeDirectories},
    {JPKI_STATEDIR "/revocation", Kind::kDirectory, Who::kRoot, Who::kHelper, 0750, 0050, kMakeDirectories},
    {JPKI_STATEDIR "/evidence", Kind::kDirectory, Who::kHelper, Who::kHelper, 0700, 0700, kMakeDirectories},
    {JPKI_STATEDIR "/succession", Kind::kDirectory, Who::kHelper, Who::kHelper, 0700, 0700, kMakeDirectories},
    {"/run/jpki", Kind::kDirectory, Who::kRoot, Who::kRoot, 0755, 0555, kMakeDirectories},
    {JPKI_STATEDIR "/emergency", Kind::kDirectory, Who::kRoot, Who::kRoot, 0700, 0700, kMakeDirectories},
    {"/run/jpki/emergency", Kind::kDirectory, Who::kRoot, Who::kRoot, 0700, 0700, kMakeDirectories},
    {"/run/jpki/cards", Kind::kDirectory, Who::kHelper, Who::kHelper, 0700, 0700, kMakeDirectories},
};

constexpr FileRule kGreeter[] = {
    {"/usr/sbin/jpki-greeter", Kind::kRegular, Who::kRoot, Who::kRoot, 0755, 0555, kReinstallGreeter},
    {"/etc/pam.d/lightdm-jpki", Kind::kRegular, Who::kRoot, Who::kRoot, 0644, 0444,
     "apt-get install --reinstall -o Dpkg::Options::=--force-confmiss jpki-greeter"},
    {JPKI_SYSCONFDIR "/greeter.toml", Kind::kRegular, Who::kRoot, Who::kRoot, 0644, 0444, nullptr},
};

constexpr FileRule kRequests[] = {
    {JPKI_SYSCONFDIR "/request.key", Kind::kRegular, Who::kRoot, Who::kRoot, 0600, 0, nullptr},
    {JPKI_SYSCONFDIR "/request-hosts.d", Kind::kDirectory, Who::kRoot, Who::kRoot, 0755, 0, nullptr},
};

constexpr FileRule kNameServiceModule{
    JPKI_NSSDIR "/libnss_ad.so.2",          Kind::kRegular, Who::kRoot, Who::kRoot, 0755, 0444,
    "apt-get install --reinstall libnss-ad"};
constexpr FileRule kSessions{"/run/jpki/sessions", Kind::kDirectory, Who::kRoot, Who::kGuard, 02750, 02750,
                             kMakeDirectories};
constexpr FileRule kCatalogue{JPKI_LOCALEDIR "/ja/LC_MESSAGES/jpki.mo",
                              Kind::kRegular,
                              Who::kRoot,
                              Who::kRoot,
                              0644,
                              0444,
                              kReinstallModule};

const char* name_of(Who who) {
  switch (who) {
    case Who::kRoot:
      return "root";
    case Who::kHelper:
      return JPKI_HELPER_USER;
    case Who::kGuard:
      return "_jpki-guard";
  }
  return "";
}

std::optional<User> user_of(Who who, const Facts& facts) {
  switch (who) {
    case Who::kRoot:
      return User{0, 0};
    case Who::kHelper:
      return facts.helper;
    case Who::kGuard:
      return facts.guard;
  }
  return std::nullopt;
}

Sentence about(const char* text, const FileRule& rule) {
  return {text, {{"{file}", rule.path}}};
}

std::optional<Finding> judge_owner_and_mode(const FileRule& rule, const FileFact& file, const Facts& facts) {
  const std::string path = shell_word(rule.path);
  const auto owner = user_of(rule.owner, facts);
  // The group has a say only where the rule gives it one of its own.
  const auto group = rule.group == Who::kRoot ? std::nullopt : user_of(rule.group, facts);
  if ((owner && file.owner != owner->uid) || (group && file.group != group->gid))
    return bad({N_("{file} belongs to another user or group than {owner}:{group}"),
                {{"{file}", rule.path}, {"{owner}", name_of(rule.owner)}, {"{group}", name_of(rule.group)}}},
               {fmt::format("chown {}:{} {} && chmod {:04o} {}", name_of(rule.owner), name_of(rule.group),
                            path, rule.mode, path)});
  const Remedy chmod{fmt::format("chmod {:04o} {}", rule.mode, path)};
  const auto with_mode = [&](const char* text) {
    return Sentence{text, {{"{file}", rule.path}, {"{mode}", fmt::format("{:04o}", file.mode)}}};
  };
  if ((file.mode & ~rule.mode & 07777) != 0)
    return bad(with_mode(N_("{file} is open to others: mode {mode}")), chmod);
  if ((file.mode & rule.needed) != rule.needed)
    return bad(with_mode(N_("{file} cannot be used by a login: mode {mode}")), chmod);
  return std::nullopt;
}

}  // namespace

std::span<const FileRule> rules_of_module() {
  return kModule;
}
std::span<const FileRule> rules_of_programs() {
  return kPrograms;
}
std::span<const FileRule> rules_of_directories() {
  return kDirectories;
}
std::span<const FileRule> rules_of_greeter() {
  return kGreeter;
}
std::span<const FileRule> rules_of_requests() {
  return kRequests;
}
const FileRule& rule_of_name_service_module() {
  return kNameServiceModule;
}
const FileRule& rule_of_sessions() {
  return kSessions;
}
const FileRule& rule_of_catalogue() {
  return kCatalogue;
}

std::optional<Finding> judge_file(const FileRule& rule, const Facts& facts) {
  const FileFact& file = facts.file(rule.path);
  switch (file.kind) {
    case Kind::kMissing:
      if (rule.make == nullptr) return std::nullopt;
      return bad(about(N_("{file} is missing"), rule), {rule.make});
    case Kind::kHidden:
      return could_not_tell(about(N_("{file} cannot be looked at without root's rights"), rule));
    case Kind::kRegular:
    case Kind::kDirectory:
    case Kind::kSocket:
    case Kind::kLink:
    case Kind::kOther:
      break;
  }
  if (file.kind != rule.kind) {
    const std::string path = shell_word(rule.path);
    const std::string aside = fmt::format("mv {} {}.old", path, path);
    return bad(about(rule.kind == Kind::kDirectory ? N_("{file} is not a directory")
                                                   : N_("{file} is not a plain file"),
                     rule),
               {rule.make == nullptr ? aside : fmt::format("{} && {}", aside, rule.make)});
  }
  return judge_owner_and_mode(rule, file, facts);
}

std::optional<Finding> judge_files(std::span<const FileRule> rules, const Facts& facts) {
  std::optional<Finding> hidden;
  for (const FileRule& rule : rules) {
    auto finding = judge_file(rule, facts);
    if (finding && finding->state == State::kBad) return finding;
    if (finding && !hidden) hidden = std::move(finding);
  }
  return hidden;
}

std::string shell_word(const std::string& path) {
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("/._-+:@%=,").find(c) != std::string_view::npos;
  };
  if (!path.empty() && std::ranges::all_of(path, plain)) return path;
  std::string quoted = "'";
  for (const char c : path) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace jpki::ctl::doctor
