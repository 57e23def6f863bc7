// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A smartphone with a JPKI certificate, as jpki-pkcs11.so names it in C_GetTokenInfo and the validator knows
// it again. The phone says it of itself (EF 0006 of its JPKI application), and nothing proves it.
#pragma once

#include <string_view>

namespace jpki {

// In EF 0006, padded with spaces; a card says JPKIAPICCTOKEN2.
inline constexpr std::string_view kSmartphoneTokenInfo = "JPKIAPGPSETOKEN";

inline constexpr std::string_view kTokenManufacturer = "JPKI";        // CK_TOKEN_INFO.manufacturerID
inline constexpr std::string_view kSmartphoneModel = "JPKI Android";  // CK_TOKEN_INFO.model, 16 characters

}  // namespace jpki
