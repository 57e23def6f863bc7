// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a list of changed objects does not tell: who was deleted, and by which names unchanged groups have
// their members. Pure.
#pragma once

#include "nss_ad/ldap/merge.h"

namespace jpki::ad::ldap {

// The objects of `known`, none of `touched`, whose name, DN, id or certificate mapping one of `found` has.
// They may be deleted: an ordinary account is not told, and the new one would be left out with the old one.
std::set<Guid> rivals_of(const Directory& known, const std::set<Guid>& touched, const Found& found);

// Whether one of `found` was not known although the controller had it at `usn`: it came into the bases or
// the filter, and groups that did not change may name it by a DN that nobody knows.
bool came_in(const Directory& known, const Found& found, std::uint64_t usn);

// Whether the groups of `directory` have the members that these say they have. A group whose members cannot
// be seen at all agrees.
bool agree(const Directory& directory, const std::vector<Membership>& memberships);

// No two objects of a directory have one DN; in what is kept of it a deleted one may be left.
bool has_namesakes(const Directory& directory);

}  // namespace jpki::ad::ldap
