// SPDX-License-Identifier: LGPL-2.1-or-later
//
// MachineKeys: what a keytab holds; PersonTickets: what kinit left in a file for a person; and Ticket: a
// ticket-granting ticket of the machine account or of the person; all in this process's memory alone. While a
// Ticket lives, SASL GSSAPI finds it through the environment of this process, which it changes: not for use
// beside other threads. prove_controller(): who is a controller.
#pragma once

#include "base/unique_fd.h"
#include "nss_ad/ldap/controllers.h"

#include <memory>

namespace jpki::ad::ldap {

// Read once, by who may read the file; a process can give that right up before it uses them. One at a time.
class MachineKeys {
 public:
  static Expected<MachineKeys, Error> read(const Settings& settings);

 private:
  friend class Ticket;
  struct Handles;
  struct Close {
    void operator()(Handles* handles) const;
  };
  explicit MachineKeys(std::unique_ptr<Handles, Close> handles) : handles_(std::move(handles)) {}

  std::unique_ptr<Handles, Close> handles_;
};

// Read once, as MachineKeys are. Ticket-granting tickets alone: one for ldap/HOST that the file may hold was
// never proven (prove_controller()).
class PersonTickets {
 public:
  static Expected<PersonTickets, Error> read(const Settings& settings);

 private:
  PersonTickets() = default;
};

class Ticket {
 public:
  // The controllers are asked as KDCs, in their order, before those of /etc/krb5.conf.
  static Expected<Ticket, Error> obtain(const Settings& settings, const std::vector<Controller>& controllers,
                                        const MachineKeys& keys);
  static Expected<Ticket, Error> of_person(const Settings& settings,
                                           const std::vector<Controller>& controllers,
                                           const PersonTickets& tickets);

  Ticket(Ticket&&) noexcept = default;
  Ticket& operator=(Ticket&&) = delete;
  ~Ticket();

 private:
  explicit Ticket(UniqueFd configuration) : configuration_(std::move(configuration)) {}
  static Expected<Ticket, Error> prepared(const Settings& settings,
                                          const std::vector<Controller>& controllers);

  UniqueFd configuration_;  // a krb5.conf without a name, read before /etc/krb5.conf
};

// While a Ticket lives: has the KDC say that the host is a controller of the domain, and makes the next SASL
// GSSAPI bind to it one that only this controller can accept. The name ldap/HOST/DOMAIN decides: controllers
// alone have it ([MS-ADTS] 3.1.1.5.3.1.1.4), while any machine may give itself ldap/HOST. kImpostor when the
// KDC does not know it.
Expected<Unit, Error> prove_controller(const Controller& controller, const Settings& settings);

}  // namespace jpki::ad::ldap
