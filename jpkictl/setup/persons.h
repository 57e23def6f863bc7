// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Who stands before a stack of PAM, and what each module may answer them. A module that cannot be foreseen
// (a condition on time or place) may answer either way: then every way is walked.
#pragma once

#include "jpkictl/pam/stack.h"

#include <string>
#include <vector>

namespace jpki::ctl::setup {

struct Person {
  bool root = false;             // uid 0; else an account of a member of the staff
  bool card = false;             // its own, with the right PIN
  bool refused = false;          // a card that is refused, or a wrong PIN
  bool password = false;         // the account's
  bool factor = false;           // a finger, a face, a key
  bool unknown = false;          // whatever modules ask for that are not known here
  bool account_refused = false;  // the directory says that the account may not be used
};

// What a module is to a login.
enum class Role {
  kCard,       // pam_jpki.so with a PIN
  kPresence,   // pam_jpki.so presence, recent: whoever stands there, while the card is there
  kEmergency,  // pam_jpki.so emergency
  kPassword,
  kFactor,
  kHelper,  // lets nobody in by what it asks: pam_env.so, pam_permit.so, pam_jpki.so register
  kUnknown,
};
Role role_of(const pam::Step& step);

// The return codes of the module in `facility`; at least one.
std::vector<int> codes_of(const pam::Step& step, pam::Facility facility, const Person& person);

// "pam_unix.so"
std::string module_name(const pam::Step& step);
bool has_option(const pam::Step& step, std::string_view option);

}  // namespace jpki::ctl::setup
