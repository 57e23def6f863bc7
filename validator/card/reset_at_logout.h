// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ResetAtLogout: while one lives, a transaction that ends leaves its card reset. pcscd resets a card before
// it gives it to others (SCardEndTransaction with SCARD_RESET_CARD), so nobody finds it PIN-verified. OpenSC
// ends the transaction of a login as it found the card, and the card keeps a verified PIN until it is reset.
// jpki-validator defines and exports SCardEndTransaction for that (reset_at_logout.cc), and conf/opensc.conf
// has OpenSC take pcscd's functions from the program; modules that are linked with libpcsclite take them from
// it anyway. One thread.
#pragma once

namespace jpki::card {

class ResetAtLogout {
 public:
  ResetAtLogout() noexcept { wanted_ = true; }
  ~ResetAtLogout() { wanted_ = false; }
  ResetAtLogout(const ResetAtLogout&) = delete;
  ResetAtLogout& operator=(const ResetAtLogout&) = delete;

  static bool wanted() noexcept { return wanted_; }

 private:
  static inline bool wanted_ = false;
};

}  // namespace jpki::card
