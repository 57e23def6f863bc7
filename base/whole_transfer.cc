// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/whole_transfer.h"

#include <cerrno>

#include <unistd.h>

namespace jpki {
namespace {

// `part` transfers some of `size` octets from the one at `done` on. How many all parts were; nothing: one
// failed.
template <class Part>
std::optional<std::size_t> transfer(std::size_t size, Part part) noexcept {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = part(done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

// A write of nothing is an error that has no number of its own.
bool all_of(std::size_t size, std::optional<std::size_t> written) noexcept {
  if (written && *written < size) errno = ENOSPC;
  return written == size;
}

}  // namespace

std::optional<std::size_t> read_up_to(int fd, std::span<std::uint8_t> room) noexcept {
  return transfer(room.size(),
                  [&](std::size_t done) { return ::read(fd, room.data() + done, room.size() - done); });
}

std::optional<std::size_t> read_at(int fd, std::span<std::uint8_t> room, std::uint64_t offset) noexcept {
  return transfer(room.size(), [&](std::size_t done) {
    return ::pread(fd, room.data() + done, room.size() - done, static_cast<off_t>(offset + done));
  });
}

bool write_all(int fd, Bytes bytes) noexcept {
  return all_of(bytes.size(), transfer(bytes.size(), [&](std::size_t done) {
                  return ::write(fd, bytes.data() + done, bytes.size() - done);
                }));
}

bool write_all_at(int fd, Bytes bytes, std::uint64_t offset) noexcept {
  return all_of(bytes.size(), transfer(bytes.size(), [&](std::size_t done) {
                  return ::pwrite(fd, bytes.data() + done, bytes.size() - done,
                                  static_cast<off_t>(offset + done));
                }));
}

}  // namespace jpki
