// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The valid policies along a path. RFC 5280 6.1 keeps them in a tree that a hostile path makes exponentially
// large; this is the graph of RFC 9618 5, which gives the same answers and has at most one node for each
// policy and depth.
#pragma once

#include "validator/x509/extensions.h"

#include <cstdint>
#include <string>
#include <vector>

namespace jpki::path {

class PolicyGraph {
 public:
  // RFC 5280 6.1.2(a): anyPolicy at depth 0.
  PolicyGraph();

  // No policy is valid any more (the tree is NULL).
  bool empty() const { return levels_.empty(); }

  // 6.1.3(d) and (e): the next certificate's policies; none: there is no certificatePolicies extension.
  // `any_policy_counts`: may its anyPolicy be honoured, 6.1.3(d)(2)?
  void add_certificate(const std::vector<std::string>& policies, bool any_policy_counts);

  // 6.1.4(b): the mappings of the certificate that was added last. `allowed`: policy_mapping > 0.
  void map(const std::vector<x509::PolicyMapping>& mappings, bool allowed);

  // 6.1.5(g): the user-constrained-policy-set. `acceptable` is the user-initial-policy-set, empty:
  // any-policy. anyPolicy is in the result only when `acceptable` is any-policy.
  std::vector<std::string> user_constrained(const std::vector<std::string>& acceptable) const;

 private:
  struct Node {
    std::string valid_policy;
    std::vector<std::string> expected_policies;  // sorted
    std::vector<std::size_t> parents;            // indices into the level before
    bool alive = true;
  };
  using Level = std::vector<Node>;  // sorted by valid_policy but for those that map() appends

  static Node* find(Level& level, const std::string& policy);
  void prune();

  std::vector<Level> levels_;
};

}  // namespace jpki::path
