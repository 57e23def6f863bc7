// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Ticket: a ticket-granting ticket for the machine account, from its keytab, in this process's memory alone.
// While it lives, SASL GSSAPI finds it through the environment of this process, which it changes: not for
// use beside other threads.
#pragma once

#include "base/unique_fd.h"
#include "nss_ad/ldap/controllers.h"

namespace jpki::ad::ldap {

class Ticket {
 public:
  // The controllers are asked as KDCs, in their order, before those of /etc/krb5.conf.
  static Expected<Ticket, Error> obtain(const Settings& settings, const std::vector<Controller>& controllers);

  Ticket(Ticket&&) noexcept = default;
  Ticket& operator=(Ticket&&) = delete;
  ~Ticket();

 private:
  explicit Ticket(UniqueFd configuration) : configuration_(std::move(configuration)) {}

  UniqueFd configuration_;  // a krb5.conf without a name, read before /etc/krb5.conf
};

}  // namespace jpki::ad::ldap
