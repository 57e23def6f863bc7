// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/credentials.h"

#include "base/safe_file.h"

#include <algorithm>

namespace jpki::ad::ldap {
namespace {

// The first line of the password file, which root alone may read.
Expected<Secret, Error> read_password(const std::string& path) {
  auto content = read_trusted_file(path, {.max_size = 4096, .secret = true});
  if (!content) return Unexpected{Error{Failure::kCredentials, content.error().text}};
  const auto end = std::ranges::find(*content, '\n');
  auto password = Secret::copy_of(Bytes(*content).first(static_cast<std::size_t>(end - content->begin())));
  std::ranges::fill(*content, std::uint8_t{0});
  if (!password || password->size() == 0)
    return Unexpected{Error{Failure::kCredentials, path + ": its first line must be the password"}};
  return std::move(*password);
}

}  // namespace

Expected<Credentials, Error> Credentials::read(const Settings& settings) {
  Credentials credentials;
  if (settings.transport != Transport::kSealed) {
    auto file = open_trusted_file(settings.ca_file);
    if (!file) return Unexpected{Error{Failure::kTls, "ca_file of ad.toml: " + file.error().text}};
    credentials.authorities_ = std::move(*file);
  }
  switch (settings.authentication) {
    case Authentication::kKeytab: {
      auto keys = MachineKeys::read(settings);
      if (!keys) return Unexpected{keys.error()};
      credentials.keys_.emplace(std::move(*keys));
      break;
    }
    case Authentication::kTicket: {
      auto tickets = PersonTickets::read(settings);
      if (!tickets) return Unexpected{tickets.error()};
      credentials.tickets_.emplace(std::move(*tickets));
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

std::string Credentials::authorities() const {
  return "/proc/self/fd/" + std::to_string(authorities_.get());
}

Expected<std::optional<Ticket>, Error> Credentials::prepare(
    const Settings& settings, const std::vector<Controller>& controllers) const {
  if (!keys_ && !tickets_) return std::optional<Ticket>();
  auto ticket = keys_ ? Ticket::obtain(settings, controllers, *keys_)
                      : Ticket::of_person(settings, controllers, *tickets_);
  if (!ticket) return Unexpected{ticket.error()};
  return std::optional<Ticket>(std::move(*ticket));
}

}  // namespace jpki::ad::ldap
