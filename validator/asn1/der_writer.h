// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What this project encodes itself: an OCSP request, and one encoding of a public key.
#pragma once

#include "base/bytes.h"

#include <initializer_list>

namespace jpki::asn1 {

// A value with these parts as its contents, by the rules of X.690 10.1.
Blob encode(std::uint8_t tag, std::initializer_list<Bytes> parts);

}  // namespace jpki::asn1
