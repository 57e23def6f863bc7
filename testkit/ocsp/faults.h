// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Faults: the ways in which the test responder can be asked to answer. "revoked+stale+no-nonce" does one
// after the other.
#pragma once

#include "base/expected.h"
#include "testkit/ocsp/draft.h"

#include <span>
#include <string>
#include <vector>

namespace jpki::testocsp {

struct Fault {
  const char* name;
  const char* meaning;
  void (*apply)(Draft& draft, long number);
  const char* number = nullptr;  // what the number after ':' is; nothing: it takes none
};

std::span<const Fault> statement_faults();   // what is said, when, with which nonce
std::span<const Fault> signer_faults();      // who says it
std::span<const Fault> encoding_faults();    // how it is written
std::span<const Fault> connection_faults();  // how it is sent

struct Step {
  const Fault* fault;
  long number;
};
using Recipe = std::vector<Step>;

// "plain", or fault names joined by '+', some with ":NUMBER". The error names what is not known.
Expected<Recipe, std::string> parse_recipe(const std::string& text);

// Every fault with its meaning, for --help.
std::string list_faults();

}  // namespace jpki::testocsp
