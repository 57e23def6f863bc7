// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One writer of a directory at a time.
#pragma once

#include "base/expected.h"
#include "base/unique_fd.h"

#include <chrono>
#include <string>

namespace jpki {

// An exclusive lock (flock) on DIRECTORY/.refresh.lock, for as long as the descriptor lives; the kernel gives
// it back whenever its process ends. Who has it is waited for no longer than `patience`. The error is errno:
// EWOULDBLOCK when somebody else still has it.
Expected<UniqueFd, int> lock_directory(const std::string& directory, std::chrono::milliseconds patience);

}  // namespace jpki
