// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/module/installation.h"

#include "nss_ad/snapshot/format.h"

namespace jpki::ad::module {

const Installation& installation() {
  static constexpr Installation kInstallation = {JPKI_STATEDIR "/ad/" JPKI_USERS_SNAPSHOT,
                                                 JPKI_STATEDIR "/ad/" JPKI_RESTRICTED_SNAPSHOT, 0};
  return kInstallation;
}

}  // namespace jpki::ad::module
