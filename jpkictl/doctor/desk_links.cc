// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Links of the desk: the login screen, lockers, the guard of the card. What is not used here is good.
#include "jpkictl/doctor/file_rules.h"
#include "jpkictl/doctor/gather.h"
#include "jpkictl/doctor/links.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl::doctor {
namespace {

UnitState unit_of(const Facts& facts, const char* name) {
  const auto found = facts.units->find(name);
  return found == facts.units->end() ? UnitState{} : found->second;
}

// jpki-relay reads there which sessions a card opened, as _jpki. Whether the directory is there at all, and
// as it has to be for the guard, is the guard's link.
std::optional<Finding> judge_readers_of_records(const Facts& facts) {
  const FileRule& rule = rule_of_sessions();
  if (!facts.helper || !facts.file(rule.path).exists()) return std::nullopt;
  constexpr mode_t kEnter = 05;
  constexpr mode_t kRead = 04;
  const auto granted = [&](const AccessList& list) {
    const auto found = list.users.find(facts.helper->uid);
    return found == list.users.end() ? mode_t{0} : found->second;
  };
  if ((granted(facts.records) & kEnter) != kEnter || (granted(facts.new_records) & kRead) != kRead)
    return bad({N_("the access list of {file} does not let {user} read what is in it"),
                {{"{file}", rule.path}, {"{user}", JPKI_HELPER_USER}}},
               {rule.make});
  const auto only = [&](mode_t rights) {
    return AccessList{.users = {{facts.helper->uid, rights}}, .groups = {}};
  };
  if (facts.records != only(kEnter) || facts.new_records != only(kRead))
    return bad({N_("the access list of {file} gives more than it has to"), {{"{file}", rule.path}}},
               {rule.make});
  return std::nullopt;
}

}  // namespace

Finding judge_language(const Facts& facts) {
  if (!facts.language.starts_with("ja"))
    return good({N_("not needed: this machine does not speak Japanese")});
  if (auto finding = judge_file(rule_of_catalogue(), facts)) return std::move(*finding);
  if (!facts.japanese_locale)
    return bad({N_("the locale ja_JP.UTF-8 does not exist")}, {"localedef -i ja_JP -f UTF-8 ja_JP.UTF-8"});
  return good({N_("they can be shown")});
}

Finding judge_greeter(const Facts& facts) {
  if (!facts.file(kLightdm).exists() || !facts.file(kGreeterSettings).exists())
    return good({N_("not used here: jpki-greeter with lightdm")});
  if (auto finding = judge_files(rules_of_greeter(), facts)) return std::move(*finding);
  if (!facts.other_greeters.empty()) {
    const std::string& place = facts.other_greeters.front();
    const std::size_t colon = place.rfind(':');
    return bad(
        {N_("{place} has lightdm use another login screen"), {{"{place}", place}}},
        {fmt::format("sed -i '{}s/^/#/' {}", place.substr(colon + 1), shell_word(place.substr(0, colon)))});
  }
  return good({N_("lightdm uses jpki-greeter")});
}

Finding judge_lockers(const Facts& facts) {
  if (!facts.units) return could_not_tell({N_("systemd does not answer")});
  if (unit_of(facts, kLockerSocket).enabled != "enabled")
    return good({N_("not used here: {unit} is not enabled"), {{"{unit}", kLockerSocket}}});
  const std::pair<const char*, const char*> sockets[] = {{kLockerSocket, kLockerSocketFile},
                                                         {kAccountSocket, kAccountSocketFile}};
  for (const auto& [unit, path] : sockets) {
    const FileFact& file = facts.file(path);
    if (unit_of(facts, unit).active != "active" || file.kind == FileFact::Kind::kMissing)
      return bad({N_("{unit} is not running"), {{"{unit}", unit}}},
                 {fmt::format("systemctl restart {}", unit)});
    if (file.exists() && (file.mode & 0666) != 0666)
      return bad({N_("{file} cannot be used by a login: mode {mode}"),
                  {{"{file}", path}, {"{mode}", fmt::format("{:04o}", file.mode)}}},
                 {fmt::format("chmod 0666 {}", path)});
  }
  if (auto finding = judge_readers_of_records(facts)) return std::move(*finding);
  return good({N_("they can ask for a card")});
}

Finding judge_guard(const Facts& facts) {
  if (!facts.units) return could_not_tell({N_("systemd does not answer")});
  if (unit_of(facts, kGuardService).enabled != "enabled")
    return good({N_("not used here: {unit} is not enabled"), {{"{unit}", kGuardService}}});
  if (!facts.guard)
    return bad({N_("the user {user} does not exist"), {{"{user}", "_jpki-guard"}}}, {"systemd-sysusers"});
  if (auto finding = judge_file(rule_of_sessions(), facts)) return std::move(*finding);
  if (unit_of(facts, kGuardService).active != "active")
    return bad({N_("{unit} is not running"), {{"{unit}", kGuardService}}},
               {fmt::format("systemctl restart {}", kGuardService)});
  return good({N_("{unit} is running"), {{"{unit}", kGuardService}}});
}

Finding judge_requests(const Facts& facts) {
  const auto rules = rules_of_requests();
  if (auto finding = judge_files(rules, facts)) return std::move(*finding);
  const FileRule& key = rules.front();
  const FileRule& hosts = rules.back();
  if (!facts.file(key.path).exists())
    return facts.file(hosts.path).exists()
               ? good({N_("only root can change whose requests are taken: {file}"), {{"{file}", hosts.path}}})
               : good({N_("not used here: {file} does not exist"), {{"{file}", key.path}}});
  return good({N_("the key of this computer belongs to root alone")});
}

}  // namespace jpki::ctl::doctor
