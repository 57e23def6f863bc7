// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ldap::Settings: how the directory is reached and what is read from it: the [ldap] table of ad.toml.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace jpki::ad::ldap {

enum class Transport : std::uint8_t {
  kSealed,    // port 389, everything encrypted by Kerberos; with a keytab only
  kStartTls,  // port 389
  kLdaps,     // port 636
};

enum class Authentication : std::uint8_t {
  kKeytab,    // SASL GSSAPI as the machine account
  kPassword,  // simple bind, over TLS only
  kTicket,    // SASL GSSAPI with the ticket that a person got by kinit; never from ad.toml
};

// How changes since the last run are asked for.
enum class Incremental : std::uint8_t {
  kAutomatic,  // DirSync, and uSNChanged where a controller refuses it
  kDirSync,    // [MS-ADTS] 3.1.1.3.4.1.3
  kUsnChanged,
  kNever,  // every run reads everything
};

struct Settings {
  std::string realm;                 // "AD.TEST": the DNS domain, upper case
  std::vector<std::string> servers;  // "dc1.ad.test" or "dc1.ad.test:389", in this order; none: DNS SRV
  std::string site;                  // for DNS SRV; may be empty

  Transport transport = Transport::kSealed;
  std::string ca_file;  // PEM, for StartTLS and LDAPS

  Authentication authentication = Authentication::kKeytab;
  std::string keytab = "/etc/krb5.keytab";
  std::string principal;      // "HOST1$@AD.TEST"; empty: the machine account that the keytab has
  std::string bind_dn;        // for kPassword: a DN or user@realm
  std::string password_file;  // its first line; mode 0600
  std::string ticket_file;    // for kTicket: an absolute path
  uid_t ticket_owner = 0;     // whose the file must be, and nobody else's to read

  std::vector<std::string> bases;  // none: the whole domain
  // LDAP filters that accounts and groups must match as well; empty: all
  std::string user_filter;
  std::string group_filter;

  Incremental incremental = Incremental::kAutomatic;
  std::chrono::seconds full_every = std::chrono::hours(24);  // what is deleted shows then at the latest
  std::chrono::seconds connect_timeout{5};                   // for each controller
  std::chrono::seconds timeout{30};                          // for each answer
  std::chrono::seconds total_timeout = std::chrono::minutes(10);
  std::uint32_t page_size = 1000;
};

}  // namespace jpki::ad::ldap
