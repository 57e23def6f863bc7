// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SHA-256 of bytes at hand.
#pragma once

#include "base/bytes.h"

#include <array>

namespace jpki::x509 {

using Sha256 = std::array<std::uint8_t, 32>;
Sha256 sha256(Bytes bytes);

}  // namespace jpki::x509
