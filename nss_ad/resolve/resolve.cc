// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/resolve/resolve.h"

#include "base/mapping/mapping_text.h"
#include "nss_ad/resolve/candidates.h"
#include "nss_ad/resolve/fields.h"
#include "nss_ad/resolve/membership.h"
#include "nss_ad/snapshot/writer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace jpki::ad {
namespace {

using Index = std::uint32_t;
constexpr Index kNowhere = UINT32_MAX;

std::string key_of(std::string_view name) {
  const auto key = snapshot::folded_key(name);
  return key ? *key : std::string(name);
}

class Resolver {
 public:
  Resolver(const Directory& directory, const config::AdConfig& config, const LocalAccounts& local,
           const idmap::IdMap& ids, Resolved& out)
      : directory_(directory), config_(config), local_(local), ids_(ids), out_(out) {}

  void resolve(const idmap::IdMemory& known) {
    snapshot::Contents& contents = out_.contents;
    contents.realm = directory_.realm;
    contents.netbios = directory_.netbios;
    contents.name_forms = config_.users.name_forms;
    contents.enumerate = config_.users.enumerate;
    judge_all(known);
    add_users();
    add_groups();
    add_bindings();
    tell_container_ids();
  }

 private:
  void judge_all(const idmap::IdMemory& known) {
    for (const Group& group : directory_.groups)
      groups_.push_back({group.sid, group.name, ids_.gid_of(group)});
    for (const User& user : directory_.users) users_.push_back({user.sid, user.name, ids_.uid_of(user)});
    const Competition groups{"group", local_, known.groups};
    const Competition users{"user", local_, known.users};
    out_.ids.groups = judge(groups_, groups, out_.report);
    out_.ids.users = judge(users_, users, out_.report);
    for (Index i = 0; i < groups_.size(); ++i) groups_by_sid_.emplace(groups_[i].sid, i);
  }

  void leave_out(ObjectProblem problem, const Candidate& user, const std::string& why) {
    out_.report.add(problem, fmt::format("user {}: {}", label_of(user), why));
  }

  bool is_free(std::uint32_t id) const { return !holder_of_id(local_, id) && !system_use_of_id(id); }

  // The gid of the primary group, which needs no group object in sight when the scheme gives it an id.
  std::optional<Index> primary_gid(const User& user) {
    if (config_.ids.scheme == idmap::Scheme::kRfc2307 && user.gid_number) {
      const bool bounded =
          *user.gid_number >= config_.ids.lowest_id && *user.gid_number <= config_.ids.highest_id;
      return bounded && is_free(*user.gid_number) ? user.gid_number : std::nullopt;
    }
    Sid sid = directory_.domain_sid;
    sid.sub_authorities.push_back(user.primary_group);
    if (const auto group = groups_by_sid_.find(sid); group != groups_by_sid_.end()) {
      const Candidate& candidate = groups_[group->second];
      if (!candidate.accepted) return std::nullopt;
      primary_groups_.insert(group->second);
      return *candidate.id;
    }
    const auto gid = ids_.id_of(sid);
    return gid && is_free(*gid) ? std::optional(*gid) : std::nullopt;
  }

  std::optional<snapshot::UserEntry> entry_of(Index index) {
    const User& user = directory_.users[index];
    const Candidate& candidate = users_[index];
    const auto gid = primary_gid(user);
    if (!gid) {
      leave_out(
          ObjectProblem::kPrimaryGroupUnknown, candidate,
          fmt::format("its primary group (RID {}) has no id here; see what is reported about that group",
                      user.primary_group));
      return std::nullopt;
    }
    auto fields = fields_of(user, *candidate.id, directory_, config_.users);
    if (!fields) {
      leave_out(ObjectProblem::kFieldUnusable, candidate, fields.error());
      return std::nullopt;
    }
    if (fields->gecos_dropped)
      leave_out(ObjectProblem::kFieldUnusable, candidate,
                "its display name cannot be used in a passwd entry and was left empty; correct displayName");
    return snapshot::UserEntry{user.name,    *candidate.id, *gid,     std::move(fields->gecos),
                               fields->home, fields->shell, user.sid, user.state};
  }

  void add_users() {
    std::vector<std::pair<Index, snapshot::UserEntry>> entries;
    for (Index i = 0; i < users_.size(); ++i) {
      if (!users_[i].accepted) continue;
      if (auto entry = entry_of(i)) entries.emplace_back(i, std::move(*entry));
    }
    std::ranges::sort(entries, {}, [](const auto& entry) { return entry.second.uid; });
    places_.assign(users_.size(), kNowhere);
    for (auto& [index, entry] : entries) {
      places_[index] = static_cast<Index>(out_.contents.users.size());
      out_.contents.users.push_back(std::move(entry));
    }
  }

  // Names and SIDs of the groups that are kept; empty: all.
  std::set<std::string> wanted_groups() const {
    std::set<std::string> wanted;
    if (config_.groups.only.empty()) return wanted;
    const auto add = [&wanted](const std::vector<std::string>& names) {
      for (const std::string& name : names) wanted.insert(key_of(name));
    };
    add(config_.groups.only);
    for (const config::ServiceRule& rule : config_.account.service_rules) {
      add(rule.allowed_groups);
      add(rule.denied_groups);
    }
    return wanted;
  }

  void add_groups() {
    const Memberships memberships = flatten(directory_);
    for (const auto& cycle : memberships.cycles)
      out_.report.add(ObjectProblem::kGroupCycle,
                      fmt::format("group {}: it contains itself, through {} groups in all; every member of "
                                  "one of them is a member of all. Remove one of the memberships",
                                  label_of(groups_[cycle.front()]), cycle.size()));
    const std::set<std::string> wanted = wanted_groups();
    std::vector<snapshot::GroupEntry> entries;
    for (Index i = 0; i < groups_.size(); ++i) {
      if (!groups_[i].accepted) continue;
      const bool keep = wanted.empty() || primary_groups_.contains(i) ||
                        wanted.contains(key_of(groups_[i].name)) ||
                        wanted.contains(key_of(groups_[i].sid.text()));
      if (!keep) continue;
      snapshot::GroupEntry entry{groups_[i].name, *groups_[i].id, groups_[i].sid, {}};
      for (const Index user : memberships.users[i])
        if (places_[user] != kNowhere) entry.members.push_back(places_[user]);
      std::ranges::sort(entry.members);
      entries.push_back(std::move(entry));
    }
    std::ranges::sort(entries, {}, &snapshot::GroupEntry::gid);
    out_.contents.groups = std::move(entries);
  }

  // The canonical spelling when the value binds.
  std::optional<std::string> canonical(const Candidate& user, const std::string& value) {
    if (!value.starts_with("X509:")) return std::nullopt;  // "Kerberos:…"
    auto mapping = mapping::canonical_mapping(value, config_.certificates.weak_forms);
    if (mapping) return std::move(*mapping);
    const bool weak = mapping::canonical_mapping(value, mapping::kAllWeakForms).has_value();
    out_.report.add(weak ? ObjectProblem::kMappingWeak : ObjectProblem::kMappingMalformed,
                    fmt::format("user {}: a value of altSecurityIdentities binds no certificate: {}",
                                label_of(user), mapping.error()));
    return std::nullopt;
  }

  void add_bindings() {
    std::map<std::string, std::set<Index>> bindings;  // of all users, those left out too
    for (Index i = 0; i < users_.size(); ++i)
      for (const std::string& value : directory_.users[i].alt_security_identities)
        if (const auto mapping = canonical(users_[i], value)) bindings[*mapping].insert(i);
    for (const auto& [mapping, users] : bindings) {
      if (users.size() > 1) tell_ambiguous(users);
      const bool all_here = std::ranges::all_of(users, [this](Index i) { return places_[i] != kNowhere; });
      if (!all_here) continue;  // a certificate of somebody who is left out is nobody else's
      for (const Index user : users) out_.contents.bindings.push_back({mapping, places_[user]});
    }
  }

  void tell_ambiguous(const std::set<Index>& users) {
    std::vector<std::string> names;
    for (const Index user : users) names.push_back(label_of(users_[user]));
    out_.report.add(
        ObjectProblem::kMappingAmbiguous,
        fmt::format("users {}: one certificate is bound to all of them and logs in to none; remove "
                    "it from altSecurityIdentities of all but one",
                    fmt::join(names, ", ")));
  }

  void tell_container_ids() {
    const auto in_range = [](const auto& entries, auto id) {
      return std::ranges::count_if(entries, is_container_id, id);
    };
    const auto count = in_range(out_.contents.users, &snapshot::UserEntry::uid) +
                       in_range(out_.contents.groups, &snapshot::GroupEntry::gid);
    if (count > 0)
      out_.remarks.push_back(fmt::format(
          "warning: {} ids are in the range 524288 to 1879048191, from which systemd-nspawn takes "
          "ids for containers (PrivateUsers=pick); do not use that on this computer",
          count));
  }

  const Directory& directory_;
  const config::AdConfig& config_;
  const LocalAccounts& local_;
  const idmap::IdMap& ids_;
  Resolved& out_;
  std::vector<Candidate> users_;   // as in the directory
  std::vector<Candidate> groups_;  // as in the directory
  std::map<Sid, Index> groups_by_sid_;
  std::set<Index> primary_groups_;
  std::vector<Index> places_;  // of the directory's users in contents.users, or kNowhere
};

}  // namespace

Expected<Resolved, std::string> resolve(const Directory& directory, const config::AdConfig& config,
                                        const LocalAccounts& local, const idmap::IdMemory& known_ids,
                                        Time synchronized) {
  const auto ids = idmap::IdMap::create(config.ids, directory.domain_sid);
  if (!ids) return Unexpected{ids.error()};
  Resolved resolved;
  resolved.contents.synchronized = synchronized;
  Resolver(directory, config, local, *ids, resolved).resolve(known_ids);
  return resolved;
}

}  // namespace jpki::ad
