// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The checksum of index files: XXH3, 64 bits. It finds damage; it keeps nobody out, the file's owner does.
#pragma once

#include "base/bytes.h"

namespace jpki::crl {

std::uint64_t checksum(Bytes bytes);

}  // namespace jpki::crl
