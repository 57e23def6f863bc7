// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is asked and told about emergency codes. Every question says that it is not for the PIN.
#include "base/verdict_text.h"
#include "pam_jpki/messages.h"

namespace jpki::pam {

std::string Messages::emergency_prompt() const {
  return translate_(N_("Emergency code (16 digits, not your PIN; Enter if you have none): "));
}

std::string Messages::emergency_challenge(const std::string& host, const std::string& account,
                                          const std::string& challenge) const {
  const std::string text =
      translate_(N_("If you have no emergency code, please call your system administrator. "
                    "Read out: computer {host}, user name {account}, number {number}. "
                    "Then type the 16 digits that you are told."));
  return fill_in(fill_in(fill_in(text, "{number}", challenge), "{account}", account), "{host}", host);
}

std::string Messages::code_is_used_up() const {
  return translate_(
      N_("You are logged in with an emergency code. It cannot be used again. "
         "Please remember to bring your card, or to have it repaired or unlocked."));
}

std::string Messages::code_was_used(const std::string& when) const {
  return fill_in(translate_(N_("An emergency code was used for your account on {when}. "
                               "If that was not you, please tell your system administrator.")),
                 "{when}", when);
}

}  // namespace jpki::pam
