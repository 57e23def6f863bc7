// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a person is told of a verdict. The English texts are the msgids of the catalogue "jpki" (po/):
// pam_jpki.so translates them into the language of its host, jpki-greeter into the one that was chosen there.
#pragma once

#include "base/protocol.h"
#include "base/verdict.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jpki {

// Why the login was refused, and the next step. `tries_left` matters for kPinIncorrect, where {tries} may be
// in the text; `smartphone`: its PIN was asked for. Empty for kAccepted.
const char* text_of(Verdict verdict, std::optional<std::uint8_t> tries_left,
                    bool smartphone = false) noexcept;

// That what was typed cannot be a PIN of this form, with {min} and {max}.
const char* text_of_wrong_form(const PinForm& form) noexcept;

// Whether to use a try that is the last one, or may be: of a token that tells no tries.
const char* last_try_question(std::optional<std::uint8_t> tries_left) noexcept;

// Of the form that every MyNumber card's PIN for user authentication has: four digits.
bool is_mynumber_pin(const PinForm& form) noexcept;

// Placeholders are words in braces, not printf directives: a faulty translation can misprint, never crash.
// The first `placeholder` of `text` becomes `value`.
std::string fill_in(std::string text, std::string_view placeholder, std::string_view value);
std::string fill_in(std::string text, std::string_view placeholder, unsigned value);

}  // namespace jpki
