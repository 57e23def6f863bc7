// SPDX-License-Identifier: LGPL-2.1-or-later
//
// LDIF content records (RFC 2849), as ldapsearch -LLL and ldbsearch write them, and the Directory in them:
// for a terminal without Active Directory, and for tests.
#pragma once

#include "base/expected.h"
#include "nss_ad/directory/directory.h"
#include "nss_ad/directory/entry.h"
#include "nss_ad/directory/problem.h"

#include <string>
#include <string_view>
#include <vector>

namespace jpki::ad::ldif {

// Every record. Change records, values by URL and incomplete ranges of values are errors; the error begins
// with "line N: ". Attribute options but ranges are dropped.
Expected<std::vector<Entry>, std::string> parse(std::string_view text);

// The users and groups among `entries`; what does not decode is told in `report` and left out. Realm and
// domain SID are those of the domain's own object, else what the names and SIDs of the users tell; the
// NetBIOS name is that of the crossRef object, else the first component of the realm. The error says what of
// it is missing or contradicts.
Expected<Directory, std::string> directory_of(const std::vector<Entry>& entries, ObjectReport& report);

}  // namespace jpki::ad::ldif
