// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What an error of the AS exchange means to who administers terminals and KDCs.
#pragma once

#include "base/verdict.h"

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>

#include <krb5.h>

namespace jpki::ticket {

struct AsError {
  krb5_error_code code;
  // How far the clock of the KDC that refused is ahead of ours, in seconds, by its own word (KRB-ERROR.stime,
  // RFC 4120 5.9.1), which nobody has signed. Nothing: no KDC has answered.
  std::optional<std::int64_t> kdc_ahead;
};

// A KDC gave a ticket, and nothing that it sent opens it. libkrb5 would go on with a password, which nobody
// is asked for: without a prompter that is EIO.
inline constexpr krb5_error_code kReplyUnread = EIO;

// One of kTicket…. Samba's KDC (Heimdal's pa_pkinit_validate()) answers KRB_AP_ERR_BAD_INTEGRITY to whatever
// it cannot take from a card, a clock that is wrong among it, where others answer KRB_AP_ERR_SKEW. Then its
// clock says which it was.
Verdict verdict_of(const AsError& error);

// Where the words of libkrb5 lead nowhere: more of them, or nothing.
std::string hint_about(const AsError& error);

}  // namespace jpki::ticket
