// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/relay/ending.h"

#include <algorithm>

namespace jpki::relay {
namespace {

constexpr std::size_t kMaxText = 256;  // longer names exist on no machine

}  // namespace

std::string plain(std::string_view text) {
  std::string out(text.substr(0, kMaxText));
  std::ranges::replace_if(
      out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

}  // namespace jpki::relay
