// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What read(2) and write(2) may do in parts, or not at all where a signal interrupts them, as a whole. errno
// says why not.
#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace jpki {

// How many octets were read: fewer than there is room for at the end of the file alone.
std::optional<std::size_t> read_up_to(int fd, std::span<std::uint8_t> room) noexcept;
std::optional<std::size_t> read_at(int fd, std::span<std::uint8_t> room, std::uint64_t offset) noexcept;

[[nodiscard]] bool write_all(int fd, Bytes bytes) noexcept;
[[nodiscard]] bool write_all_at(int fd, Bytes bytes, std::uint64_t offset) noexcept;

}  // namespace jpki
