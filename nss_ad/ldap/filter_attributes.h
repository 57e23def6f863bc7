// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which attributes decide whether an object matches a filter: a change of them may let it in or out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::ad::ldap {

// Of a filter in the text form of RFC 4515, as they are written there. Nothing when the names in it do not
// tell: OIDs, options, components of the DN, ambiguous name resolution, matching rules other than those for
// bits ([MS-ADTS] 3.1.1.3.4.4), or what this does not read.
std::optional<std::vector<std::string>> attributes_of_filter(std::string_view filter);

}  // namespace jpki::ad::ldap
