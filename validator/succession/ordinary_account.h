// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Ordinary accounts: whose cards are registered without an administrator.
#pragma once

#include <span>
#include <string>

namespace jpki::succession {

// Whether an account exists here by this spelling of its name, is no system account (its uid is 1000 or more, as min_uid of pam_jpki.so),
// and is in no group whose members become root, nor in one of `others`.
bool is_ordinary(const std::string& account, std::span<const std::string> others = {});

}  // namespace jpki::succession
