// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which domain controllers to ask, and in which order: the list of ad.toml, or the SRV records of DNS
// ([MS-ADTS] 6.3.2.3, RFC 2782), those of the site first.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "nss_ad/ldap/failure.h"
#include "nss_ad/ldap/settings.h"

#include <functional>
#include <optional>

namespace jpki::ad::ldap {

struct Controller {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const Controller&) const = default;
  std::string text() const { return host + ":" + std::to_string(port); }
};

struct SrvRecord {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target;
};

// A number below `bound`, which is at least 1.
using Random = std::function<std::uint32_t(std::uint32_t bound)>;

// The SRV records in a DNS message; nothing when it is no such message. "." as target is no service
// (RFC 2782) and left out.
std::optional<std::vector<SrvRecord>> parse_srv(Bytes message);

// RFC 2782: by priority, then by chance according to weight.
std::vector<SrvRecord> in_order(std::vector<SrvRecord> records, const Random& random);

// "dc1.ad.test", "dc1.ad.test:3389", "[2001:db8::1]:389"; nothing when it is none of these.
std::optional<Controller> parse_controller(const std::string& text, std::uint16_t default_port);

// Those of the site, then all others, each once. `preferred` is moved to the front when it is among them:
// what changed since the last run can be asked of the same controller only.
Expected<std::vector<Controller>, Error> controllers_of(const Settings& settings,
                                                        const std::string& preferred, const Random& random);

}  // namespace jpki::ad::ldap
