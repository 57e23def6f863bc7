// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which accounts a CSV file (RFC 4180) lists, in its order.
#pragma once

#include "base/expected.h"

#include <string>
#include <string_view>
#include <vector>

namespace jpki::ctl::card {

// The column that a first row calls "account" ("user", "sAMAccountName", "アカウント"), else the first one.
// Empty rows and those that begin with '#' are passed over; a byte order mark is. The error names the row
// (":3: …"): an account that comes twice, a quotation mark that does not end, a row without the column.
Expected<std::vector<std::string>, std::string> accounts_of_csv(std::string_view text);

}  // namespace jpki::ctl::card
