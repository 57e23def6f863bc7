// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Links of the account: the map, Active Directory, the name service. No account is named here.
#include "jpkictl/doctor/check_lines.h"
#include "jpkictl/doctor/file_rules.h"
#include "jpkictl/doctor/gather.h"
#include "jpkictl/doctor/links.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl::doctor {
namespace {

constexpr char kMap[] = JPKI_SYSCONFDIR "/accounts.map";

Finding not_needed() {
  return good({N_("not needed: there is no ad.toml")});
}

}  // namespace

Finding judge_accounts(const Facts& facts) {
  Remedy remedy;
  if (!facts.file(kMap).exists())
    remedy = {fmt::format("install -m 0640 -g {} /dev/null {}", JPKI_HELPER_USER, kMap),
              {N_("Then register the cards again, or put a copy of the map there.")}};
  else
    remedy = {{}, {N_("For the lines, run: jpkictl check")}};
  return judge_subject(facts, {.name = subject::kAccounts,
                               .fine = {N_("it can be read, and each line is right")},
                               .wrong = {N_("it cannot be used, or a line is wrong")},
                               .otherwise = std::move(remedy),
                               .tells_line = false});
}

Finding judge_account_names(const Facts& facts) {
  return judge_subject(facts, {.name = subject::kAccounts,
                               .fine = {N_("it binds cards to accounts that exist")},
                               .wrong = {N_("it binds no card, or accounts that do not exist here")},
                               .otherwise = {{}, {N_("For the names, run: jpkictl check")}},
                               .warnings_count = true,
                               .tells_line = false});
}

Finding judge_directory_configuration(const Facts& facts) {
  if (!facts.directory.used) return not_needed();
  return judge_subject(facts, {.name = subject::kDirectoryConfiguration,
                               .fine = {N_("ad.toml can be read")},
                               .wrong = {N_("ad.toml is wrong; that refuses every account")},
                               .otherwise = {{}, {N_("Correct what is shown; ad.toml(5) has every key.")}}});
}

Finding judge_directory_secret(const Facts& facts) {
  if (!facts.directory.used || facts.directory.secret.empty()) return not_needed();
  const std::string& path = facts.directory.secret;
  const FileFact& file = facts.file(path);
  const Sentence name{N_("{file} is missing"), {{"{file}", path}}};
  if (file.kind == FileFact::Kind::kHidden)
    return could_not_tell({N_("{file} cannot be looked at without root's rights"), {{"{file}", path}}});
  if (!file.exists())
    return facts.directory.keytab
               ? bad(name, {fmt::format("adcli join {}", shell_word(facts.directory.realm))})
               : bad(name, {{}, {N_("Write the password of bind_dn into that file, for root alone.")}});
  if (file.owner != 0 || (file.mode & 0077) != 0)
    return bad({N_("{file} is open to others: mode {mode}"),
                {{"{file}", path}, {"{mode}", fmt::format("{:04o}", file.mode)}}},
               {fmt::format("chown root:root {0} && chmod 0600 {0}", shell_word(path))});
  return good({N_("it is there, for root alone")});
}

Finding judge_snapshots(const Facts& facts) {
  if (!facts.directory.used) return not_needed();
  return judge_subject(
      facts, {.name = subject::kSnapshots,
              .fine = {N_("they can be read")},
              .wrong = {N_("they are missing or damaged; that refuses every account of the directory")},
              .otherwise = {"nss-ad-refresh"}});
}

Finding judge_snapshot_age(const Facts& facts) {
  if (!facts.directory.used) return not_needed();
  return judge_subject(facts, {.name = subject::kSnapshotAge,
                               .fine = {N_("they are young enough")},
                               .wrong = {N_("they are too old; that refuses every account of the directory")},
                               .otherwise = {"nss-ad-refresh"}});
}

Finding judge_bindings(const Facts& facts) {
  if (!facts.directory.used) return not_needed();
  return judge_subject(facts, {.name = subject::kBindings,
                               .fine = {N_("nothing is wrong with them")},
                               .wrong = {N_("they cannot be read, or there is none")},
                               .otherwise = {"nss-ad-refresh"},
                               .warnings_count = true});
}

Finding judge_account_rules(const Facts& facts) {
  if (!facts.directory.used) return not_needed();
  return judge_subject(facts, {.name = subject::kAccountRules,
                               .fine = {N_("the groups exist")},
                               .wrong = {N_("a rule names a group that does not exist")},
                               .otherwise = {"nss-ad-refresh"},
                               .warnings_count = true});
}

Finding judge_name_service(const Facts& facts) {
  if (!facts.directory.used) return not_needed();
  if (auto finding = judge_file(rule_of_name_service_module(), facts)) return std::move(*finding);
  for (const char* database : {"passwd", "group"}) {
    const auto line = facts.nsswitch.find(database);
    const bool there = line != facts.nsswitch.end();
    if (there && std::ranges::find(line->second, "ad") != line->second.end()) continue;
    const Sentence seen{N_("{database} in /etc/nsswitch.conf does not ask \"ad\""),
                        {{"{database}", database}}};
    if (!there || line->second.empty())
      return bad(seen, {fmt::format("echo '{}: files ad' >> /etc/nsswitch.conf", database)});
    return bad(seen, {fmt::format("sed -i '/^{}:/s/$/ ad/' /etc/nsswitch.conf", database)});
  }
  return good({N_("accounts of the directory are found")});
}

}  // namespace jpki::ctl::doctor
