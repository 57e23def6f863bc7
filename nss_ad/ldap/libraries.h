// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What libldap, libsasl2, libkrb5 and the resolver need of a process that confines itself before it speaks
// with a controller. It reads its Credentials before; krb5.conf's own part is in memory then.
#pragma once

#include "nss_ad/ldap/settings.h"

#include <string>
#include <vector>

namespace jpki::ad::ldap {

// Nothing can be loaded inside: makes libsasl2 load its mechanisms now.
void load_plugins();

// What they read while they look up names, get a ticket and check a TLS certificate.
std::vector<std::string> files_of_connections(const Settings& settings);

}  // namespace jpki::ad::ldap
