// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/resolve/membership.h"

#include "base/ascii_case.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>

namespace jpki::ad {
namespace {

using Index = std::uint32_t;
using Indexes = std::vector<Index>;

void sort_each_once(Indexes& indexes) {
  std::ranges::sort(indexes);
  indexes.erase(std::unique(indexes.begin(), indexes.end()), indexes.end());
}

struct Direct {
  std::vector<Indexes> users;   // of each group
  std::vector<Indexes> groups;  // of each group
};

Direct direct_members(const Directory& directory) {
  std::unordered_map<std::string, Index> users;
  std::unordered_map<std::string, Index> groups;
  std::map<Sid, Index> groups_by_sid;
  for (Index i = 0; i < directory.users.size(); ++i) users.emplace(to_lower(directory.users[i].dn), i);
  for (Index i = 0; i < directory.groups.size(); ++i) {
    groups.emplace(to_lower(directory.groups[i].dn), i);
    groups_by_sid.emplace(directory.groups[i].sid, i);
  }
  Direct direct{std::vector<Indexes>(directory.groups.size()), std::vector<Indexes>(directory.groups.size())};
  for (Index i = 0; i < directory.groups.size(); ++i) {
    for (const std::string& member : directory.groups[i].members) {
      const std::string dn = to_lower(member);
      if (const auto user = users.find(dn); user != users.end()) direct.users[i].push_back(user->second);
      if (const auto group = groups.find(dn); group != groups.end())
        direct.groups[i].push_back(group->second);
    }
  }
  for (Index i = 0; i < directory.users.size(); ++i) {
    if (directory.users[i].sid.sub_authorities.empty()) continue;
    Sid primary = directory.users[i].sid.domain();
    primary.sub_authorities.push_back(directory.users[i].primary_group);
    if (const auto group = groups_by_sid.find(primary); group != groups_by_sid.end())
      direct.users[group->second].push_back(i);
  }
  return direct;
}

// Strongly connected components of "contains" (Tarjan), with a stack of its own: nesting may be as deep as
// there are groups. A component comes out after all that it contains.
class Components {
 public:
  explicit Components(const std::vector<Indexes>& contained)
      : contained_(contained),
        order_(contained.size(), 0),
        low_(contained.size(), 0),
        open_(contained.size(), false) {}

  std::vector<Indexes> find() {
    for (Index group = 0; group < contained_.size(); ++group)
      if (order_[group] == 0) visit(group);
    return std::move(found_);
  }

 private:
  struct Step {
    Index group;
    std::size_t next = 0;  // of the contained groups
  };

  void enter(Index group) {
    order_[group] = low_[group] = ++count_;
    open_[group] = true;
    path_.push_back(group);
    steps_.push_back({group});
  }

  void visit(Index first) {
    enter(first);
    while (!steps_.empty()) {
      Step& step = steps_.back();
      const Index group = step.group;
      if (step.next < contained_[group].size()) {
        const Index inner = contained_[group][step.next++];
        if (order_[inner] == 0) {
          enter(inner);
        } else if (open_[inner]) {
          low_[group] = std::min(low_[group], order_[inner]);
        }
        continue;
      }
      leave(group);
    }
  }

  void leave(Index group) {
    steps_.pop_back();
    if (!steps_.empty()) {
      Index& outer = low_[steps_.back().group];
      outer = std::min(outer, low_[group]);
    }
    if (low_[group] != order_[group]) return;
    Indexes component;
    Index last = 0;
    do {
      last = path_.back();
      path_.pop_back();
      open_[last] = false;
      component.push_back(last);
    } while (last != group);
    std::ranges::sort(component);
    found_.push_back(std::move(component));
  }

  const std::vector<Indexes>& contained_;
  std::vector<Index> order_;  // of discovery, from 1; 0: not yet
  std::vector<Index> low_;
  std::vector<bool> open_;
  Indexes path_;
  std::vector<Step> steps_;
  Index count_ = 0;
  std::vector<Indexes> found_;
};

}  // namespace

Memberships flatten(const Directory& directory) {
  const Direct direct = direct_members(directory);
  Memberships memberships{std::vector<Indexes>(directory.groups.size()), {}};
  for (Indexes& component : Components(direct.groups).find()) {
    Indexes users;
    for (const Index group : component) {
      users.insert(users.end(), direct.users[group].begin(), direct.users[group].end());
      for (const Index inner : direct.groups[group]) {
        const Indexes& of_inner = memberships.users[inner];  // empty within the component
        users.insert(users.end(), of_inner.begin(), of_inner.end());
      }
    }
    sort_each_once(users);
    for (const Index group : component) memberships.users[group] = users;
    const bool in_itself = std::ranges::find(direct.groups[component.front()], component.front()) !=
                           direct.groups[component.front()].end();
    if (component.size() > 1 || in_itself) memberships.cycles.push_back(std::move(component));
  }
  return memberships;
}

}  // namespace jpki::ad
