// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Base64 (RFC 4648 4) with padding and without line breaks: octets in a field of a line.
#pragma once

#include "base/bytes.h"

#include <optional>
#include <string>
#include <string_view>

namespace jpki::x509 {

std::string to_base64(Bytes octets);
// Strict: nothing for any other spelling than to_base64()'s.
std::optional<Blob> from_base64(std::string_view text);

}  // namespace jpki::x509
