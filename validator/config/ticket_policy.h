// SPDX-License-Identifier: LGPL-2.1-or-later
//
// [ticket]: the Kerberos ticket that a login by card brings along, by PKINIT (RFC 4556) with the same card.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::config {

struct TicketPolicy {
  std::vector<std::string> services;  // of PAM, whose logins bring a ticket; empty: none does
  std::string realm;
  std::vector<std::string> kdcs;  // HOST or HOST:PORT, in this order; empty: the SRV records of the realm
  std::string kdc_anchors = JPKI_SYSCONFDIR "/kdc-anchors.pem";  // who issues certificates of KDCs
  std::vector<std::string> kdc_hostnames;  // a KDC's certificate may name one of these, in the realm's place
  std::chrono::seconds timeout{5};         // what a login waits for KDCs at most
  bool required = false;                   // without a ticket nobody is logged in
  bool operator==(const TicketPolicy&) const = default;

  bool wanted_for(std::string_view service) const {
    return std::ranges::find(services, service) != services.end();
  }
};

}  // namespace jpki::config
