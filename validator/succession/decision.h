// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The decision: may a verified certificate that is bound to nobody be taken in place of an older one? Pure.
#pragma once

#include "validator/map/account_map.h"
#include "validator/succession/assertion.h"
#include "validator/succession/overlay.h"

#include <functional>

namespace jpki::succession {

struct Claim {
  std::string source;  // "feed", "resolver", "ocsp": for the log
  Answer answer;
};

struct Facts {
  x509::Kind kind;                 // of the new certificate
  std::vector<std::string> names;  // names_of() it
  std::string issuer;              // issuer_of() it
  std::vector<Claim> claims;       // of every source that was asked
  std::string named;               // the account that is to be logged in to; empty: the card says who
  const map::AccountMap& accounts;
  const std::vector<Entry>& overlay;
  // Whether the account exists, and is nobody's who administers this machine. Such accounts are never taken.
  std::function<bool(const std::string& account)> ordinary;
};

struct Successor {
  std::string account;
  std::vector<std::string> old_names;  // all that the sources said

  bool operator==(const Successor&) const = default;
};

// "X509:<I>…<SR>" of the certificate, canonical: what the names by issuer of its family begin with.
std::string issuer_of(const x509::Certificate& certificate);

// The account, when
//   - at least one source names an older certificate, and none failed or said that there is none;
//   - each source's older certificate is bound by a strong mapping string, all to this one account;
//   - an older certificate that is named by its issuer has the issuer of the new one;
//   - the account is the named one, where one is named, and ordinary;
//   - nobody refused this pair, and no other certificate stands in place of that older one.
// The error says which of these it was, for the log; no personal data.
Expected<Successor, std::string> decide(const Facts& facts);

}  // namespace jpki::succession
