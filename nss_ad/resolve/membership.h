// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Who is in a group through all groups that are nested in it, primary groups included.
#pragma once

#include "nss_ad/directory/directory.h"

#include <cstdint>
#include <vector>

namespace jpki::ad {

struct Memberships {
  // For each group of the directory: indexes of its users, ascending, each once.
  std::vector<std::vector<std::uint32_t>> users;
  // Groups that contain each other: each list is one such circle, indexes of groups, ascending.
  std::vector<std::vector<std::uint32_t>> cycles;
};

// Members that are neither a user nor a group of `directory` (computers, contacts, other domains') count for
// nothing. DNs compare without the case of ASCII letters.
Memberships flatten(const Directory& directory);

}  // namespace jpki::ad
