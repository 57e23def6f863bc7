// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Connection: an authenticated, encrypted connection to one controller, which has proven to be one: by the
// KDC's word about its name, or by a certificate for a name that ad.toml lists. Nothing is ever sent in
// clear, no referral is followed, no wait is longer than the settings allow.
#pragma once

#include "nss_ad/ldap/credentials.h"
#include "nss_ad/ldap/time_limit.h"

#include <memory>
#include <optional>

#include <ldap.h>

namespace jpki::ad::ldap {

class Connection {
 public:
  // What credentials.prepare() gave must live.
  static Expected<Connection, Error> open(const Controller& controller, const Settings& settings,
                                          const Credentials& credentials);

  LDAP* handle() const { return handle_.get(); }
  const std::string& name() const { return name_; }  // "dc1.ad.test:389"
  std::chrono::seconds timeout() const { return timeout_; }

  // What failed, with the controller's own words. Its place in the taxonomy follows from the code.
  Unexpected<Error> refuse(int code, const std::string& what) const;

 private:
  struct Unbind {
    void operator()(LDAP* handle) const { ldap_unbind_ext_s(handle, nullptr, nullptr); }
  };
  Connection(LDAP* handle, const Controller& controller, const Settings& settings)
      : name_(controller.text()),
        timeout_(settings.timeout),
        authentication_(settings.authentication),
        callbacks_(std::make_unique<ldap_conncb>()),
        handle_(handle) {}

  Expected<Unit, Error> set_options(const Settings& settings, const Credentials& credentials,
                                    TimeLimit& limit);
  Expected<Unit, Error> secure_and_bind(const Controller& controller, const Settings& settings,
                                        const Secret* password);
  Expected<Unit, Error> start_tls(const Settings& settings);
  // By keys: only where prove_controller() says so.
  Expected<Unit, Error> bind(const Controller& controller, const Settings& settings, const Secret* password);

  std::string name_;
  std::chrono::seconds timeout_;
  Authentication authentication_;
  std::unique_ptr<ldap_conncb> callbacks_;  // libldap keeps a pointer to it until the handle is gone
  std::unique_ptr<LDAP, Unbind> handle_;
};

}  // namespace jpki::ad::ldap
