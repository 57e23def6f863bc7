// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Directory: Active Directory as registration needs it: who holds which certificate, and one value more or
// less. DirectoryProcess is the real one.
#pragma once

#include "nss_ad/bindings/packets.h"

#include <string>
#include <vector>

namespace jpki::ctl::card {

struct DirectoryObject {
  ad::Guid guid{};
  std::string dn;
  std::string account;              // sAMAccountName
  std::vector<std::string> values;  // of altSecurityIdentities, as they are spelled there
};

class Directory {
 public:
  virtual ~Directory() = default;

  struct Listing {
    ad::bindings::End end;
    std::vector<DirectoryObject> objects;  // all that match, where `end` is kDone
  };
  virtual Listing find(const ad::bindings::Find& find) = 0;
  virtual ad::bindings::End change(const ad::bindings::Change& change) = 0;
};

}  // namespace jpki::ctl::card
