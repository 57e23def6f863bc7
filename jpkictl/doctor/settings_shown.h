// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A configuration file as others may see it: known keys alone, without comments, and of texts only those that
// name no person, municipality, host or secret.
#pragma once

#include <string>
#include <string_view>

namespace jpki::ctl::doctor {

// Line by line: what is not understood is left out. "urls = (left out)".
std::string settings_shown(std::string_view toml);

}  // namespace jpki::ctl::doctor
