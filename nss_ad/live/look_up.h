// SPDX-License-Identifier: LGPL-2.1-or-later
//
// look_up(): what the directory says of one account, for a login that waits.
#pragma once

#include "nss_ad/account/live.h"
#include "nss_ad/directory/entry.h"
#include "nss_ad/ldap/credentials.h"

namespace jpki::ad::live {

// Asks the controllers in turn. An answer counts only as a whole: authenticated, encrypted, a success, and
// one object that decodes, or none in the domain that the SID is of.
account::Live look_up(const Sid& sid, ldap::Settings settings, const ldap::Credentials& credentials,
                      const ldap::Random& random);

// What the entries that a search for `sid` found say.
account::Live judge(const std::vector<Entry>& found, const Sid& sid, const std::string& controller);

}  // namespace jpki::ad::live
