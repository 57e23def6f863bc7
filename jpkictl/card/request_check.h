// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The facts for the decision about a request (request_rules.h), found on this computer.
#pragma once

#include "jpkictl/card/request_store.h"
#include "jpkictl/card/site.h"

namespace jpki::ctl::card {

// Whether the request may wait here, or be bound now. `content`: of the store, without the request itself.
// What its certificate is, as a login would see it.
Expected<registration::CardReading, Trouble> check_request(const Request& request, const Site& site,
                                                           const RequestStore::Content& content,
                                                           const Context& context);

}  // namespace jpki::ctl::card
