// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Bindings as values of Entra ID's attribute certificateUserIds (Microsoft, "Certificate user IDs"):
// thumbprint and key identifier. Issuer with serial number is left out: Entra wants what certutil prints of
// the certificate, which a mapping string does not say. Pure.
#pragma once

#include "jpkictl/card/registry.h"
#include "jpkictl/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace jpki::ctl::card {

inline constexpr std::size_t kMostUserIds = 10;      // values of one user
inline constexpr std::size_t kRequestsOfBatch = 20;  // in one JSON batch of Graph

struct EntraUser {
  std::string upn;                    // ACCOUNT@DOMAIN
  std::vector<std::string> user_ids;  // at least one
};

struct EntraExport {
  std::vector<EntraUser> users;    // in the order of the bindings
  std::vector<Held> not_possible;  // another form, one value too many, or a value that another user has
};
EntraExport entra_export(const std::vector<Held>& bindings, std::string_view domain);

// RFC 4180, with a head; values of one user are separated by ';'.
std::string to_csv(const std::vector<EntraUser>& users);
// For POST /v1.0/$batch: one JSON batch after the other.
Json to_graph(const std::vector<EntraUser>& users);

}  // namespace jpki::ctl::card
