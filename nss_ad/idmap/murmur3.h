// SPDX-License-Identifier: LGPL-2.1-or-later
//
// MurmurHash3, its 32-bit variant (public domain design of Austin Appleby), for SSSD's choice of slices.
#pragma once

#include "base/bytes.h"

#include <cstdint>

namespace jpki::ad::idmap {

std::uint32_t murmur3_32(Bytes bytes, std::uint32_t seed) noexcept;

}  // namespace jpki::ad::idmap
