// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The text of an emergency code: 16 digits, of which the last two check the others. A challenge and the
// answer to one have the same form. Digits alone have no look-alikes, are read aloud in every language, and
// are on the numeric keypad; 16 are neither a PIN of a card nor an Individual Number (12).
//
// The check digits are ISO/IEC 7064 MOD 97-10: every single wrong digit and every swap of two digits is
// noticed, and 96 of 97 other mistakes, before a try is spent. Who guesses learns nothing from them.
#pragma once

#include "base/bytes.h"
#include "base/secret.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jpki {

inline constexpr std::size_t kEmergencyDigits = 16;
inline constexpr std::size_t kEmergencyPayload = 14;                    // without the check digits
inline constexpr std::uint64_t kEmergencyValues = 100'000'000'000'000;  // of the payload: 10^14

// Exactly 16 ASCII digits that fit each other.
bool is_emergency_code(Bytes digits) noexcept;

// The 16 digits of what a person typed: spaces, hyphens and full-width forms are let pass. Nothing when it
// cannot be a code; so nothing else that is typed there (a PIN, a password) goes any further.
std::optional<Secret> emergency_code_of(std::string_view typed) noexcept;

// The code of a payload below kEmergencyValues.
std::optional<Secret> emergency_code_from(std::uint64_t payload) noexcept;

// "1234 5678 9012 3456". `digits` is an emergency code.
std::string in_groups(Bytes digits);

}  // namespace jpki
