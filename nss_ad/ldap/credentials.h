// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Credentials: what the settings name to authenticate with, a keytab, a person's ticket or a password, and
// the authorities that a controller's TLS certificate is trusted by. read() needs the right to read these;
// using them needs the right to read ca_file alone.
#pragma once

#include "base/secret.h"
#include "nss_ad/ldap/kerberos.h"

#include <optional>

namespace jpki::ad::ldap {

class Credentials {
 public:
  static Expected<Credentials, Error> read(const Settings& settings);

  // What must live while connections are opened with them: a ticket, but for a password.
  Expected<std::optional<Ticket>, Error> prepare(const Settings& settings,
                                                 const std::vector<Controller>& controllers) const;

  // Another path to the very ca_file that was found safe; of use while this lives, and with TLS only.
  std::string authorities() const;

  // nullptr for keys and tickets.
  const Secret* password() const { return password_ ? &*password_ : nullptr; }

 private:
  Credentials() = default;
  UniqueFd authorities_;
  std::optional<Secret> password_;
  std::optional<MachineKeys> keys_;
  std::optional<PersonTickets> tickets_;
};

}  // namespace jpki::ad::ldap
