// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a person who used a smartphone is told in place of a text that names the card or its counter: its
// certificate is issued and its PIN set in the Mynaportal app.
#pragma once

#include "base/verdict.h"

#include <cstdint>
#include <optional>

namespace jpki {

// A msgid as text_of() (verdict_text.h) gives it; null: what is told of a card is true of a smartphone too.
const char* text_of_smartphone(Verdict verdict, std::optional<std::uint8_t> tries_left) noexcept;

}  // namespace jpki
