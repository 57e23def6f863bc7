// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The Kerberos ticket that a card login brought (validator/ticket), between the login and the session. It is
// kept in the PAM handle until the host asks for credentials, and then in the person's own credential cache,
// by jpki-ticket, which becomes the person for it. This module looks at none of its octets.
#pragma once

#include "base/bytes.h"
#include "pam_jpki/installation.h"
#include "pam_jpki/log.h"

#include <utility>

#include <security/pam_modules.h>

namespace jpki::pam {

// Wiped when it goes.
class CardTicket {
 public:
  CardTicket() = default;
  CardTicket(CardTicket&& other) noexcept
      : octets_(std::exchange(other.octets_, {})), required_(other.required_) {}
  CardTicket& operator=(CardTicket&& other) noexcept;
  CardTicket(const CardTicket&) = delete;
  CardTicket& operator=(const CardTicket&) = delete;
  ~CardTicket();

  // False: more than any ticket has.
  bool append(Bytes part);
  Bytes octets() const { return octets_; }

  // No session where it cannot be kept.
  void require() { required_ = true; }
  bool required() const { return required_; }

 private:
  Blob octets_;
  bool required_ = false;
};

// Forgets the one before; also when this one is empty.
void remember_ticket(pam_handle_t* handle, CardTicket ticket);

// Puts the ticket of this handle into PAM_USER's cache, and KRB5CCNAME into the session's environment: once,
// whichever function of the host's is called first. kNothing: there is none, or it was kept before. The log
// tells why it failed.
enum class Kept { kNothing, kDone, kFailed, kFailedAndRequired };
Kept keep_ticket(pam_handle_t* handle, const Installation& installation, const Log& log);

}  // namespace jpki::pam
