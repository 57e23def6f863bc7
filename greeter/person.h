// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How an account is called on the screen: the name of its holder, from the passwd entry.
#pragma once

#include <string>
#include <string_view>

namespace jpki::greeter {

// The first field of a GECOS; "&" in it is the account, capitalised (passwd(5) of old). Plain text; may be
// empty.
std::string holder_of(std::string_view gecos, std::string_view account);

// The same from the name service; empty when it does not know the account or no name.
std::string holder_of_account(const std::string& account);

}  // namespace jpki::greeter
