// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A file as a setup finds it, of whoever runs the test.
#pragma once

#include "jpkictl/setup/file_state.h"

#include <string>

#include <unistd.h>

namespace jpki::test {

inline ctl::setup::FileState file(std::string content, mode_t mode = 0644) {
  return {ctl::setup::FileState::Kind::kRegular, ::geteuid(), ::getegid(), mode, std::move(content)};
}

}  // namespace jpki::test
