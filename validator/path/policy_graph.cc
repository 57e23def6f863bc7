// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/path/policy_graph.h"

#include <algorithm>
#include <map>

namespace jpki::path {
namespace {

const std::string& any_policy() {
  static const std::string policy(x509::oid::kAnyPolicy);
  return policy;
}

template <class List>
bool contains(const List& list, const std::string& value) {
  return std::ranges::find(list, value) != list.end();
}

}  // namespace

PolicyGraph::PolicyGraph() : levels_{{Node{any_policy(), {any_policy()}, {}, true}}} {}

PolicyGraph::Node* PolicyGraph::find(Level& level, const std::string& policy) {
  const auto found = std::ranges::find_if(
      level, [&](const Node& node) { return node.alive && node.valid_policy == policy; });
  return found == level.end() ? nullptr : &*found;
}

void PolicyGraph::add_certificate(const std::vector<std::string>& policies, bool any_policy_counts) {
  if (empty()) return;
  if (policies.empty()) {  // 6.1.3(e)
    levels_.clear();
    return;
  }
  // Which nodes of the last level expect a policy.
  const Level& above = levels_.back();
  std::map<std::string, std::vector<std::size_t>> expecting;
  std::optional<std::size_t> any_above;
  for (std::size_t i = 0; i < above.size(); ++i) {
    if (!above[i].alive) continue;
    if (above[i].valid_policy == any_policy()) any_above = i;
    for (const auto& policy : above[i].expected_policies) expecting[policy].push_back(i);
  }

  Level level;
  for (const auto& policy : policies) {
    if (policy == any_policy()) continue;
    const auto parents = expecting.find(policy);
    if (parents != expecting.end())  // (d)(1)(i)
      level.push_back({policy, {policy}, parents->second, true});
    else if (any_above)  // (d)(1)(ii)
      level.push_back({policy, {policy}, {*any_above}, true});
  }
  if (any_policy_counts && contains(policies, any_policy()))  // (d)(2)
    for (const auto& [policy, parents] : expecting)
      if (!contains(policies, policy) || policy == any_policy())
        level.push_back({policy, {policy}, parents, true});
  levels_.push_back(std::move(level));
  prune();
}

void PolicyGraph::map(const std::vector<x509::PolicyMapping>& mappings, bool allowed) {
  if (empty() || mappings.empty()) return;
  std::map<std::string, std::vector<std::string>> targets;
  for (const auto& mapping : mappings)
    targets[mapping.issuer_domain_policy].push_back(mapping.subject_domain_policy);
  Level& level = levels_.back();
  const Node* const any = find(level, any_policy());
  const std::vector<std::size_t> parents_of_any = any != nullptr ? any->parents : std::vector<std::size_t>();
  const bool has_any = any != nullptr;
  for (auto& [policy, expected] : targets) {
    std::ranges::sort(expected);
    expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
    Node* const node = find(level, policy);
    if (!allowed) {  // (b)(2)
      if (node != nullptr) node->alive = false;
    } else if (node != nullptr) {  // (b)(1)
      node->expected_policies = std::move(expected);
    } else if (has_any) {
      level.push_back({policy, std::move(expected), parents_of_any, true});
    }
  }
  if (!allowed) prune();
}

// Removes nodes without children, from the level before the last one upwards (6.1.3(d)(3)).
void PolicyGraph::prune() {
  for (std::size_t depth = levels_.size(); depth-- > 0;) {
    Level& level = levels_[depth];
    if (depth + 1 < levels_.size()) {
      std::vector<bool> has_child(level.size(), false);
      for (const Node& child : levels_[depth + 1])
        if (child.alive)
          for (const std::size_t parent : child.parents) has_child[parent] = true;
      for (std::size_t i = 0; i < level.size(); ++i) level[i].alive = level[i].alive && has_child[i];
    }
    if (std::ranges::none_of(level, &Node::alive)) {
      levels_.clear();
      return;
    }
  }
}

// The authorities-constrained-policy-set are the policies that the paths' authorities name in the anchor's
// terms: nodes whose parent is anyPolicy, and anyPolicy itself when it reaches the last level.
std::vector<std::string> PolicyGraph::user_constrained(const std::vector<std::string>& acceptable) const {
  std::vector<std::string> authorities;
  bool any = false;
  for (std::size_t depth = 1; depth < levels_.size(); ++depth) {
    const bool last = depth + 1 == levels_.size();
    for (const Node& node : levels_[depth]) {
      if (!node.alive) continue;
      if (node.valid_policy == any_policy()) {
        any = any || last;
        continue;
      }
      const bool below_any = std::ranges::any_of(node.parents, [&](std::size_t parent) {
        return levels_[depth - 1][parent].valid_policy == any_policy();
      });
      if (below_any && !contains(authorities, node.valid_policy)) authorities.push_back(node.valid_policy);
    }
  }
  if (any && !acceptable.empty()) return acceptable;
  if (any) authorities.push_back(any_policy());
  if (!acceptable.empty())
    std::erase_if(authorities, [&](const std::string& policy) { return !contains(acceptable, policy); });
  std::ranges::sort(authorities);
  return authorities;
}

}  // namespace jpki::path
