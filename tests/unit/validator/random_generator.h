// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The kernel's random generator as a test wants it: for one file of a test program.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace jpki::test {

enum class Generator {
  kOfTheKernel,
  kStartsUp,  // as after a boot: who does not wait for it gets nothing
  kZeros,
  kFails,
};
inline Generator generator = Generator::kOfTheKernel;

}  // namespace jpki::test

// In place of the C library's.
extern "C" ssize_t getrandom(void* buffer, std::size_t size, unsigned flags) {
  using jpki::test::Generator;
  using jpki::test::generator;
  if (generator == Generator::kFails || (generator == Generator::kStartsUp && (flags & GRND_NONBLOCK) != 0)) {
    errno = EAGAIN;
    return -1;
  }
  if (generator != Generator::kZeros) return ::syscall(SYS_getrandom, buffer, size, 0);
  std::fill_n(static_cast<std::uint8_t*>(buffer), size, std::uint8_t{0});
  return static_cast<ssize_t>(size);
}
