// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which file holds the Kerberos ticket of the administrator who runs jpkictl, mostly by sudo. Pure but for
// who owns the file.
#pragma once

#include "base/expected.h"
#include "jpkictl/trouble.h"

#include <string>
#include <string_view>

#include <sys/types.h>

namespace jpki::ctl::card {

struct TicketFile {
  std::string path;  // absolute
  uid_t owner = 0;   // whose it must be
};

// What the command line and the environment say; empty: nothing.
struct TicketHints {
  std::string_view option;    // --ccache; the file may be anybody's whom root names so
  std::string_view ccname;    // KRB5CCNAME
  std::string_view sudo_uid;  // SUDO_UID
};

// --ccache, else KRB5CCNAME, else /tmp/krb5cc_UID of who called sudo, or root's: where kinit puts it. Without
// --ccache it must be that person's or root's. An error when it is no file (KEYRING:, KCM:, …).
Expected<TicketFile, Trouble> ticket_file(const TicketHints& hints);

}  // namespace jpki::ctl::card
