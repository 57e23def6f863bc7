// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/nss_ad/lab_installation.h"

#include "nss_ad/module/installation.h"

#include <cstdio>

namespace {

char users[4096];
char restricted[4096];
jpki::ad::module::Installation lab = {users, restricted, 0};

}  // namespace

void nss_ad_lab_use(const char* directory, uid_t owner) {
  std::snprintf(users, sizeof users, "%s/users.snap", directory);
  std::snprintf(restricted, sizeof restricted, "%s/restricted.snap", directory);
  lab.owner = owner;
}

namespace jpki::ad::module {

const Installation& installation() {
  return lab;
}

}  // namespace jpki::ad::module
