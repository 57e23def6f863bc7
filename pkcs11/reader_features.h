// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a reader says of itself, PC/SC part 10 v2.02.09: 2.3 (features) and 2.6.14 (properties).
#pragma once

#include "base/bytes.h"

#include <optional>

namespace jpki::pkcs11 {

// The control code of FEATURE_GET_TLV_PROPERTIES in the answer to CM_IOCTL_GET_FEATURE_REQUEST: entries of
// tag, length 4 and a big-endian number. Nothing: the reader has none, or the list is broken before it.
std::optional<std::uint32_t> properties_control_code(Bytes features);
// The same of FEATURE_VERIFY_PIN_DIRECT.
std::optional<std::uint32_t> keys_control_code(Bytes features);

// The most response bytes by dwMaxAPDUDataSize among the properties: entries of tag, length and a
// little-endian number. 256 where the property says short APDUs only (0), is missing or makes no sense.
std::size_t longest_answer_told(Bytes properties);

}  // namespace jpki::pkcs11
