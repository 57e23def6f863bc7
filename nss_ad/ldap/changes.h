// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which objects changed since a point in the life of a controller's database: by DirSync ([MS-ADTS]
// 3.1.1.3.4.1.3) or by uSNChanged. Deleted objects are in neither: an ordinary account may not see them.
#pragma once

#include "nss_ad/ldap/controller_info.h"

#include <set>

namespace jpki::ad::ldap {

// Up to where everything is known.
struct SyncPoint {
  std::string controller;  // "dc1.ad.test:389"
  Blob invocation_id;      // USNs and cookies mean nothing in another database
  std::uint64_t usn = 0;
  Blob cookie;  // DirSync's; empty: not allowed, or not asked for

  bool operator==(const SyncPoint&) const = default;
};

struct Changes {
  std::set<Guid> objects;         // accounts and groups
  bool containers = false;        // one was renamed or moved: the names of all below it changed silently
  std::optional<SyncPoint> next;  // up to where this is; nothing: the controller cannot tell, read everything
};

// A point before which all is known if everything is read after this call.
Expected<SyncPoint, Error> current_point(const Connection& connection, const ControllerInfo& info,
                                         const Settings& settings);

// By DirSync only where the settings' filters tell which attributes they ask of: it tells of no others.
Expected<Changes, Error> changes_since(const Connection& connection, const ControllerInfo& info,
                                       const Settings& settings, const SyncPoint& point);

}  // namespace jpki::ad::ldap
