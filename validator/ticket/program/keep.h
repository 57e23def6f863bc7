// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Puts a ticket into the credential cache that programs of the person's look into: default_ccache_name of
// /etc/krb5.conf, or FILE:/tmp/krb5cc_UID. What was in it is gone, as after kinit.
#pragma once

#include "base/expected.h"
#include "validator/ticket/ticket.h"

#include <string>

namespace jpki::ticket {

// Called as the person: what is not the person's to write is not written. The name of the cache, for
// KRB5CCNAME; or why there is none.
Expected<std::string, std::string> keep(const Ticket& ticket);

}  // namespace jpki::ticket
