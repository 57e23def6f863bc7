// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Puts the entries of a section in order, in place: they may be mapped from the file that is being written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace jpki::crl {

// Entries of `entry_size` bytes (crl_index_layout.h). Of entries with one key only the one that weighs most
// stays. The size in bytes of what is left, from the beginning.
std::size_t sort_entries(std::span<std::uint8_t> entries, std::size_t entry_size);

}  // namespace jpki::crl
