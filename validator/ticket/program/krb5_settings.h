// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The krb5.conf of a ticket: [ticket] alone decides which KDCs are asked and by which certificates they prove
// themselves. /etc/krb5.conf is not read, nor anything of the person's.
#pragma once

#include "validator/config/ticket_policy.h"

#include <string>

namespace jpki::ticket {

// `anchors`: path of a file of PEM certificates.
std::string krb5_settings(const config::TicketPolicy& policy, const std::string& anchors);

}  // namespace jpki::ticket
