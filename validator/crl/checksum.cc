// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace jpki::crl {

std::uint64_t checksum(Bytes bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace jpki::crl
