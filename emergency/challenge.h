// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Challenge and answer, for an administrator who is far away: the person reads 16 digits, the name of the
// computer and of the account from the screen, the administrator's jpkictl checks that they belong together,
// and 16 other digits go back by telephone.
//
//   challenge  ten random digits; four of HMAC-SHA-256 over computer, account and those ten: a name that was
//              misheard, or the wrong computer, is told before anything is answered; two check digits
//   answer     fourteen digits of another HMAC over the same; two check digits
//
// A signature would be too long to be read aloud. Fourteen digits cannot be guessed within the tries that
// there are (judge.h). The computer keeps the challenge in its memory, so an answer is bound to a boot and to
// a time as well, and is taken once.
#pragma once

#include "base/bytes.h"
#include "base/secret.h"
#include "emergency/key.h"

#include <optional>
#include <string>
#include <string_view>

namespace jpki::emergency {

// A new challenge (16 digits) for this account of this computer; nothing when the kernel has no random bytes.
std::optional<std::string> make_challenge(const Key& host_key, std::string_view host,
                                          std::string_view account);

// Whether the challenge is of this computer and account.
bool belongs_to(Bytes challenge, const Key& host_key, std::string_view host, std::string_view account);

// What the logs of both sides call it: "C-" and its first six digits, which are random and open nothing.
std::string id_of(std::string_view challenge);

// The answer to a challenge of 16 digits; nothing when no page can be had for it.
std::optional<Secret> answer_to(Bytes challenge, const Key& host_key, std::string_view host,
                                std::string_view account);

// Compares in a time that does not depend on where they differ.
bool same(Bytes one, Bytes other) noexcept;

}  // namespace jpki::emergency
