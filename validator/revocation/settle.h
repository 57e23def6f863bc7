// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What logins remember goes to a directory of theirs; each login begins by settling it: before it reads the
// first byte of a card, it moves what earlier logins remembered to the evidence directory above, where a
// confined login can only read. So a login that a card has taken over cannot take back what was remembered
// before it.
#pragma once

#include "base/time.h"
#include "validator/revocation/evidence_directory.h"

namespace jpki::revocation {

// `settled`: the evidence directory; `fresh`: that of the logins in it. `now` bounds the time that a
// statement may claim when it is asked which certificates have expired. What cannot be moved stays, and
// counts, where it is; nothing is moved under another key than the one that named it.
void settle(const EvidenceDirectory& settled, const EvidenceDirectory& fresh, Time now);

}  // namespace jpki::revocation
