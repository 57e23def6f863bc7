// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What --json prints.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace jpki::ctl {

using Json = nlohmann::ordered_json;

// Indented, with a line's end. Bytes that are no UTF-8 (names of files, texts of a system) become U+FFFD.
std::string print_json(const Json& json);

}  // namespace jpki::ctl
