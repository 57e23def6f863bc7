// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is asked and told where somebody registers a card of their own.
#include "base/verdict_text.h"
#include "pam_jpki/messages.h"

namespace jpki::pam {

std::string Messages::registration_question(const std::string& account) const {
  return fill_in(
      translate_(N_("This card is registered for nobody. To register it for the user name {account}, "
                    "type yes; then you are asked for the card's PIN. "
                    "If it is not your own card, press Enter. Register it? ")),
      "{account}", account);
}

std::string Messages::card_is_registered() const {
  return translate_(N_("Your card is registered. From now on you can log in with it."));
}

std::string Messages::other_card() const {
  return translate_(
      N_("Somebody who knows your password has registered another card for your account, "
         "and your system administrator has not decided yet. "
         "If that was not you, please tell your system administrator."));
}

}  // namespace jpki::pam
