// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl revocation forget.
#pragma once

#include "jpkictl/context.h"

namespace jpki::ctl {

// Removes what logins remember of the certificate in `file`, and logs that it was done. Reads as the caller,
// decodes and removes as the helper's user.
ExitStatus revocation_forget(const std::string& file, const Context& context);

}  // namespace jpki::ctl
