// SPDX-License-Identifier: LGPL-2.1-or-later
//
// An evidence directory on the disk, and a certificate to remember.
#pragma once

#include "tests/unit/validator/sources_fixture.h"

namespace jpki::test {

struct Disk {
  TemporaryDirectory directory;
  x509::Certificate issuer = decoded(root());
  x509::Certificate taro = decoded(person().sign(key("root")));
  Blob site_key = Blob(32, 5);

  Disk() { mode(0700); }
  void mode(mode_t bits) const { ck_assert_int_eq(::chmod(directory.path().c_str(), bits), 0); }
  revocation::EvidenceDirectory open() const { return {directory.path(), site_key}; }
  std::size_t files() const {
    const std::filesystem::directory_iterator entries(directory.path());
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
  }
};

}  // namespace jpki::test
