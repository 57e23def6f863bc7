// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How it ended with a caller, for the log.
#pragma once

#include "base/verdict.h"

#include <string>
#include <string_view>

namespace jpki::relay {

struct Ending {
  Verdict verdict;
  std::string service;  // what the caller says that it is; plain()
  std::string cause;    // empty: the helper has told it, or there is none to tell
};

// Why a caller does not get what it wants.
struct Refused {
  Verdict verdict;
  std::string cause;
};

// What a caller calls something: at most 256 characters of ASCII, all of which can be seen. A line with
// anything else would be no text to the journal.
std::string plain(std::string_view text);

}  // namespace jpki::relay
