// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The whole test PKI as files, ready for /etc/jpki and for virtual cards. README.md lists them.
#pragma once

#include "testkit/pki/authorities.h"
#include "testkit/pki/file_tree.h"
#include "testkit/pki/members.h"

#include <string>
#include <vector>

namespace jpki::testpki {

struct TestPki {
  std::vector<Member> members;
  FileTree files;
};

// Equal settings make equal files.
TestPki make_test_pki(const Settings& settings);

}  // namespace jpki::testpki
