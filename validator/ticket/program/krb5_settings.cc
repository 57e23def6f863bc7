// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ticket/program/krb5_settings.h"

namespace jpki::ticket {

// krb5.conf(5). kdc_timesync: a KDC's clock is believed by nobody before it has proven who it is, so a clock
// that is wrong stays an error. udp_preference_limit: a request with a certificate is longer than a datagram.
std::string krb5_settings(const config::TicketPolicy& policy, const std::string& anchors) {
  const bool by_dns = policy.kdcs.empty();
  std::string text = "[libdefaults]\n default_realm = " + policy.realm +
                     "\n dns_lookup_realm = false\n dns_uri_lookup = false\n dns_lookup_kdc = " +
                     (by_dns ? "true" : "false") +
                     "\n dns_canonicalize_hostname = false\n rdns = false\n kdc_timesync = 0\n"
                     " udp_preference_limit = 1\n"
                     "[realms]\n " +
                     policy.realm +
                     " = {\n  disable_encrypted_timestamp = true\n  pkinit_anchors = FILE:" + anchors +
                     "\n  pkinit_eku_checking = kpKDC\n";
  for (const std::string& kdc : policy.kdcs) text += "  kdc = " + kdc + "\n";
  for (const std::string& name : policy.kdc_hostnames) text += "  pkinit_kdc_hostname = " + name + "\n";
  return text + " }\n";
}

}  // namespace jpki::ticket
