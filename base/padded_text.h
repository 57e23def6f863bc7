// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Text that stands in a field of a fixed size, with blanks behind it: PKCS#11's (v2.40, 2.1) and the JPKI
// application's.
#pragma once

#include <string_view>

namespace jpki {

// A view of `text`.
constexpr std::string_view without_padding(std::string_view text) noexcept {
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

}  // namespace jpki
