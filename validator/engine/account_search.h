// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AccountSearch: whose a verified certificate is: by a map, by its holder, or in place of an older one.
#pragma once

#include "validator/engine/authenticate.h"
#include "validator/engine/path_check.h"
#include "validator/engine/record.h"

#include <string>

namespace jpki::engine {

struct FoundAccount {
  std::string account;
  bool is_bound = false;          // by a map
  bool to_be_registered = false;  // in place of an older certificate
  std::string registrable{};      // Purpose::kRegister: under which name the certificate may be registered
};

// For a login or an unlocking. Where a map binds the certificate nothing else is asked.
Expected<FoundAccount, Refusal> find_account(const CheckedPath& path, const Start& start,
                                             const Services& services, Record& record);

// By a map and nothing else.
Expected<FoundAccount, Refusal> find_bound_account(const CheckedPath& path, const Services& services,
                                                   Record& record);

// Of a card that nobody has: the account is the one that was named.
Expected<FoundAccount, Refusal> find_registrable(const CheckedPath& path, const Start& start,
                                                 const Services& services, Record& record);

}  // namespace jpki::engine
