// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Editor: searches the whole domain for who holds which certificate, and changes one value of
// altSecurityIdentities ([MS-ADA1] 2.61) at a time: by adding or deleting that value (RFC 4511 4.6), never by
// replacing the attribute, so that what others write meanwhile stays.
#pragma once

#include "nss_ad/bindings/packets.h"
#include "nss_ad/ldap/connection.h"

#include <functional>
#include <optional>

namespace jpki::ad::bindings {

// The filter of a search (RFC 4515). A mapping string with a distinguished name is sought by what follows the
// name: names have several spellings.
std::string filter_of(const Find& find);

// What a result code of a change means (RFC 4511 4.1.9, and libldap's own below 0).
Outcome outcome_of(int code) noexcept;

class Editor {
 public:
  // `credentials` must live.
  Editor(ldap::Settings settings, const ldap::Credentials& credentials, ldap::Random random)
      : settings_(std::move(settings)), credentials_(credentials), random_(std::move(random)) {}

  // A controller that has gone is replaced by the next one; objects come only when all were read.
  End find(const Find& find, const std::function<void(Found)>& take);
  // At most one request is sent, and never a second time.
  End change(const Change& change);

 private:
  Expected<Unit, ldap::Error> connect();
  std::string controller() const { return connection_ ? connection_->name() : std::string(); }

  ldap::Settings settings_;
  const ldap::Credentials& credentials_;
  ldap::Random random_;
  std::optional<ldap::Ticket> ticket_;
  std::optional<ldap::Connection> connection_;  // made with the ticket
  std::string preferred_;  // whom was spoken with last: what was written there is seen there
};

}  // namespace jpki::ad::bindings
