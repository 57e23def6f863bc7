// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/libraries.h"

#include <ldap.h>

namespace jpki::ad::ldap {

void load_plugins() {
  char** mechanisms = nullptr;
  ::ldap_get_option(nullptr, LDAP_OPT_X_SASL_MECHLIST, &mechanisms);
}

std::vector<std::string> files_of_connections(const Settings& settings) {
  std::vector<std::string> files = {
      "/etc/resolv.conf", "/etc/hosts",     "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf",
      "/etc/services",    "/etc/krb5.conf", "/etc/krb5.conf.d",   "/etc/gss",      "/dev/urandom"};
  if (!settings.ca_file.empty()) files.push_back(settings.ca_file);
  return files;
}

}  // namespace jpki::ad::ldap
