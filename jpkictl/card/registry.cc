// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/registry.h"

#include "jpkictl/words.h"

namespace jpki::ctl::card {

Trouble bound_to_other(const Held& held) {
  return refused(
      say(N_("this card is registered to {account} ({where}); nothing was changed. To give it to somebody "
             "else, first run: jpkictl card revoke --card"),
          {{"{account}", held.account}, {"{where}", held.where}}));
}

}  // namespace jpki::ctl::card
