// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/credentials.h"

#include "nss_ad/ldap/connection.h"

namespace jpki::ad::ldap {

Expected<Credentials, Error> Credentials::read(const Settings& settings) {
  Credentials credentials;
  switch (settings.authentication) {
    case Authentication::kKeytab: {
      auto keys = MachineKeys::read(settings);
      if (!keys) return Unexpected{keys.error()};
      credentials.keys_.emplace(std::move(*keys));
      break;
    }
    case Authentication::kPassword: {
      auto password = read_password(settings.password_file);
      if (!password) return Unexpected{password.error()};
      credentials.password_.emplace(std::move(*password));
      break;
    }
  }
  return credentials;
}

Expected<std::optional<Ticket>, Error> Credentials::prepare(
    const Settings& settings, const std::vector<Controller>& controllers) const {
  if (!keys_) return std::optional<Ticket>();
  auto ticket = Ticket::obtain(settings, controllers, *keys_);
  if (!ticket) return Unexpected{ticket.error()};
  return std::optional<Ticket>(std::move(*ticket));
}

}  // namespace jpki::ad::ldap
