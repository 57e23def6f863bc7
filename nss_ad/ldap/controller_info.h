// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ControllerInfo: what a controller says of itself and of its domain, before anything is read from it
// ([MS-ADTS] 3.1.1.3.2, rootDSE).
#pragma once

#include "base/time.h"
#include "nss_ad/ldap/search.h"

namespace jpki::ad::ldap {

struct ControllerInfo {
  std::string domain_nc;  // "DC=ad,DC=test"
  std::string netbios;    // "ADT"
  Sid domain_sid;
  Blob invocation_id;  // of its copy of the database; another one after a restore. Empty: not readable
  std::uint64_t highest_usn = 0;
  Time clock{};
};

// An error, too, when the controller serves another domain than settings.realm, or its clock and `now` are
// further apart than Kerberos allows (RFC 4120 1.6, 5 minutes): ages of what is read could not be judged.
Expected<ControllerInfo, Error> read_controller_info(const Connection& connection, const Settings& settings,
                                                     Time now);

// "20261122071308.0Z" (RFC 4517 3.3.13, the form that controllers send).
std::optional<Time> parse_generalized_time(std::string_view text);

// "DC=ad,DC=test" of "AD.TEST"
std::string domain_nc_of(const std::string& realm);

}  // namespace jpki::ad::ldap
