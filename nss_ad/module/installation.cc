// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/module/installation.h"

namespace jpki::ad::module {

const Installation& installation() {
  static constexpr Installation kInstallation = {JPKI_STATEDIR "/ad/users.snap",
                                                 JPKI_STATEDIR "/ad/restricted.snap", 0};
  return kInstallation;
}

}  // namespace jpki::ad::module
