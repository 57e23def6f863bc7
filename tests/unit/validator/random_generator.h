// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The kernel's random generator as a test wants it. Include in one source file of a program only: it defines
// getrandom().
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

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

// The generator is such a one as long as this lives.
class Pretence {
 public:
  explicit Pretence(Generator now) : before_(std::exchange(generator, now)) {}
  Pretence(const Pretence&) = delete;
  Pretence& operator=(const Pretence&) = delete;
  ~Pretence() { generator = before_; }

 private:
  Generator before_;
};

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
