// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The site's key: of the pseudonyms in the log and of the names in the memory of revoked certificates.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "base/safe_file.h"

#include <string>

namespace jpki::revocation {

// `trust`: who may have written it; that others cannot read it is always demanded. A key that anybody could
// guess, such as 32 zeros, is an error: every pseudonym of it would be an open question about a serial.
Expected<Blob, std::string> load_pseudonym_key(const std::string& path, FileTrust trust = {});

}  // namespace jpki::revocation
