// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The decision about a request of another computer: may it wait for an administrator here, or be written when
// one agrees? Pure. It is made at both moments, with what holds then.
#pragma once

#include "jpkictl/card/registry.h"
#include "jpkictl/card/request.h"
#include "validator/registration/messages.h"
#include "validator/succession/assertion.h"
#include "validator/succession/overlay.h"

#include <functional>
#include <optional>
#include <span>

namespace jpki::ctl::card {

// What an administrator decided about requests before.
struct Decision {
  bool approved = false;
  Time when{};
  std::string name;  // Request::name()
  std::string account;

  bool operator==(const Decision&) const = default;
};

// Of who asks: what needs no look into the certificate.
struct RequestFacts {
  Time now{};
  std::optional<std::string> public_key;  // of the request's host; nothing: it has none here
  std::span<const Decision> decisions;
  std::span<const Request> waiting;            // of all computers; when one agrees, not the request itself
  std::span<const succession::Entry> overlay;  // what logins registered on this computer
  std::function<bool(const std::string& account)> ordinary;  // exists here, and administers nothing
};

// May it, when
//   - the key of its host signed it, as it is;
//   - that was not more than kRequestLife ago, nor in the future (five minutes are a clock's);
//   - nobody refused this card for this account, and it was asked for after the last decision about it;
//   - it does not wait already, nor this card for another account, nor another card for this account;
//   - the account is ordinary.
Expected<Unit, Trouble> may_wait(const Request& request, const RequestFacts& facts);

// What is registered, in the registry and the snapshot of the directory.
struct BoundFacts {
  std::vector<Held> of_card;     // by any mapping string of the certificate
  std::vector<Held> of_older;    // by old_names
  std::vector<Held> of_account;  // every binding of the account
  // What the feed of this computer ([succession]) says of the certificate; nothing: it has none.
  std::optional<succession::Answer> feed = {};
};

// And when the certificate is
//   - a person's, not an office's, and one that logs in now: its path, and not revoked;
//   - nobody's;
//   - the first one of the account, or in place of an older one that is bound to this account and nobody
//   else, which the feed, where there is one, has to say as well.
Expected<Unit, Trouble> may_be_bound(const Request& request, const registration::CardReading& certificate,
                                     const BoundFacts& bound);

// A certificate that cannot log in.
Trouble of_card(Verdict verdict, const std::string& cause);

}  // namespace jpki::ctl::card
