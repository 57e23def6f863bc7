// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The CRLs of the test PKI: one for each JPKI generation and municipality, and for LGPKI one for end entities
// and one for CA certificates of each generation. Fresh at any hour of the date, unless a member needs a bad
// one.
#pragma once

#include "testkit/pki/authorities.h"
#include "testkit/pki/members.h"

#include <map>
#include <string>
#include <vector>

namespace jpki::testpki {

// File name → DER.
std::map<std::string, Blob> make_revocation_lists(const Settings& settings, const Authorities& authorities,
                                                  const std::vector<Member>& members);

}  // namespace jpki::testpki
