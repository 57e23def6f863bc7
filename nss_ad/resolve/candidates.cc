// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/resolve/candidates.h"

#include "nss_ad/idmap/id_memory.h"
#include "nss_ad/resolve/reserved_names.h"
#include "nss_ad/snapshot/writer.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <unictype.h>
#include <unistr.h>

namespace jpki::ad {
namespace {

using idmap::NoId;

// Of any kind that Unicode knows.
bool begins_or_ends_with_space(const std::string& name) {
  const auto* const begin = reinterpret_cast<const std::uint8_t*>(name.data());
  ucs4_t first = 0;
  ucs4_t last = 0;
  if (u8_mbtouc(&first, begin, name.size()) <= 0 || name.empty()) return false;
  std::size_t at = name.size() - 1;
  while (at > 0 && (begin[at] & 0xc0) == 0x80) --at;
  u8_mbtouc(&last, begin + at, name.size() - at);
  const auto is_space = [](ucs4_t c) { return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Zs); };
  return is_space(first) || is_space(last);
}

// Empty when an account may have this name.
std::string why_no_account_name(const std::string& name) {
  if (std::string why = snapshot::why_no_name(name); !why.empty()) return why;
  // What sudoers, sshd_config, login.access, passwd and shells would read as something else.
  constexpr std::string_view kNotFirst = "-+~#%!&=";
  constexpr std::string_view kNowhere = "$`;|<>*?\"";
  if (kNotFirst.find(name.front()) != std::string_view::npos)
    return fmt::format("begins with \"{}\"", name.front());
  if (name.find_first_of(kNowhere) != std::string::npos) return "has a character that shells act upon";
  if (begins_or_ends_with_space(name)) return "begins or ends with a space";
  if (std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; })) return "looks like an id";
  if (name.find('@') != std::string::npos) return "has an @";
  return {};
}

std::string key_of(std::string_view name) {
  const auto key = snapshot::folded_key(name);
  return key ? *key : std::string(name);
}

class Judge {
 public:
  Judge(const std::vector<Candidate>& candidates, const Competition& competition, ObjectReport& report)
      : competition_(competition), report_(report) {
    const LocalAccounts& local = competition.local;
    for (const auto& [name, id] : local.users) local_keys_.emplace(key_of(name), "a user");
    for (const auto& [name, id] : local.groups) local_keys_.emplace(key_of(name), "a group");
    for (const auto& ids : local.subordinate)
      local_keys_.emplace(key_of(ids.owner), "a line of /etc/subuid or /etc/subgid");
    for (const Candidate& candidate : candidates) {
      ++sids_[candidate.sid];
      ++names_[key_of(candidate.name)];
      if (candidate.id) ids_[*candidate.id].insert(candidate.sid);
    }
    for (const auto& [sid, id] : competition.known_ids)
      if (sids_.contains(sid)) owners_.emplace(id, sid);
  }

  bool accepts(const Candidate& candidate) {
    return has_id(candidate) && name_is_usable(candidate) && id_is_the_known_one(candidate) &&
           id_is_free(candidate) && is_not_local(candidate) && is_not_reserved(candidate);
  }

  void tell_those_without_number() {
    if (without_number_ > 0)
      report_.add(ObjectProblem::kIdMissing,
                  fmt::format("{} {}s have no {} and do not exist on this machine; set it in the directory "
                              "for those that need one",
                              without_number_, competition_.kind, number_name()));
  }

 private:
  bool refuse(ObjectProblem problem, const Candidate& candidate, const std::string& why) {
    report_.add(problem, fmt::format("{} {}: {}", competition_.kind, label_of(candidate), why));
    return false;
  }
  const char* number_name() const {
    return std::string_view(competition_.kind) == "user" ? "uidNumber" : "gidNumber";
  }

  bool has_id(const Candidate& candidate) {
    if (candidate.id) return true;
    switch (candidate.id.error().reason) {
      case NoId::Reason::kNoNumber:
        ++without_number_;
        return false;
      case NoId::Reason::kOtherDomain:  // built-in groups
        return false;
      case NoId::Reason::kOutOfRange:
      case NoId::Reason::kSliceTaken:
        break;
    }
    return refuse(ObjectProblem::kIdMissing, candidate, candidate.id.error().text);
  }

  bool name_is_usable(const Candidate& candidate) {
    if (const std::string why = why_no_account_name(candidate.name); !why.empty())
      return refuse(ObjectProblem::kNameUnusable, candidate,
                    "sAMAccountName " + why + "; rename it in the directory");
    if (names_[key_of(candidate.name)] > 1)
      return refuse(ObjectProblem::kNameDuplicate, candidate,
                    "another one has the same name; rename one of them in the directory");
    return true;
  }

  bool id_is_the_known_one(const Candidate& candidate) {
    const auto known = competition_.known_ids.find(candidate.sid);
    if (known == competition_.known_ids.end() || known->second == *candidate.id) return true;
    return refuse(
        ObjectProblem::kIdWouldChange, candidate,
        fmt::format("its id was {} and would become {}; its files belong to the old id. Set the old "
                    "id again, or change the files' owner (jpkictl idmap audit) and remove its line "
                    "from {}",
                    known->second, *candidate.id, idmap::kIdMemoryFile));
  }

  bool id_is_free(const Candidate& candidate) {
    const std::uint32_t id = *candidate.id;
    if (sids_[candidate.sid] > 1)
      return refuse(ObjectProblem::kIdTaken, candidate, "another one has the same SID; repair the directory");
    if (ids_[id].size() > 1)
      return refuse(ObjectProblem::kIdTaken, candidate,
                    fmt::format("another one has the same id {}; give one of them another id", id));
    const auto owner = owners_.find(id);
    if (owner == owners_.end() || owner->second == candidate.sid) return true;
    return refuse(
        ObjectProblem::kIdTaken, candidate,
        fmt::format(
            "its id {} belonged to {} until now, and it would own that one's files; give it another id", id,
            owner->second.text()));
  }

  bool is_not_local(const Candidate& candidate) {
    const auto name = local_keys_.find(key_of(candidate.name));
    if (name != local_keys_.end())
      return refuse(
          ObjectProblem::kNameLocal, candidate,
          fmt::format("this computer has {} of that name, which it would be mistaken for; rename or "
                      "remove one of them",
                      name->second));
    const std::uint32_t id = *candidate.id;
    if (const auto holder = holder_of_id(competition_.local, id))
      return refuse(
          ObjectProblem::kIdLocal, candidate,
          fmt::format("its id {} is already used on this computer by {}; give one of them another id", id,
                      *holder));
    if (const auto use = system_use_of_id(id))
      return refuse(
          ObjectProblem::kIdLocal, candidate,
          fmt::format("its id {} is one that the system itself gives to others ({}); give it another id", id,
                      *use));
    return true;
  }

  bool is_not_reserved(const Candidate& candidate) {
    const bool group = std::string_view(competition_.kind) == "group";
    if (!is_reserved_name(key_of(candidate.name), group)) return true;
    return refuse(ObjectProblem::kNameReserved, candidate,
                  "a package or the system gives this name rights of its own, and would take this one for "
                  "theirs; rename it in the directory");
  }

  const Competition& competition_;
  ObjectReport& report_;
  std::map<std::string, const char*> local_keys_;
  std::map<Sid, int> sids_;
  std::map<std::string, int> names_;
  std::map<std::uint32_t, std::set<Sid>> ids_;
  std::map<std::uint32_t, Sid> owners_;  // of known ids, those that are still there
  std::size_t without_number_ = 0;
};

}  // namespace

std::map<Sid, std::uint32_t> judge(std::vector<Candidate>& candidates, const Competition& competition,
                                   ObjectReport& report) {
  Judge judge(candidates, competition, report);
  std::map<Sid, std::uint32_t> remembered;
  for (Candidate& candidate : candidates) {
    candidate.accepted = judge.accepts(candidate);
    const auto known = competition.known_ids.find(candidate.sid);
    if (known != competition.known_ids.end()) {
      remembered.insert(*known);
    } else if (candidate.accepted) {
      remembered.emplace(candidate.sid, *candidate.id);
    }
  }
  judge.tell_those_without_number();
  return remembered;
}

std::string label_of(const Candidate& candidate) {
  return snapshot::why_no_name(candidate.name).empty() ? candidate.name : candidate.sid.text();
}

}  // namespace jpki::ad
