// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whether the servers of revocation data that are in service answer at all, by jpki-fetch, as a login asks
// them. What is sent is empty: it asks about nobody.
#pragma once

#include "jpkictl/context.h"
#include "jpkictl/doctor/facts.h"
#include "validator/config/config.h"

#include <vector>

namespace jpki::ctl::doctor {

// Sources without a URL of their own are left out: the certificate names their server.
std::vector<SourceAnswer> ask_servers(const config::Config& config, const Context& context);

}  // namespace jpki::ctl::doctor
