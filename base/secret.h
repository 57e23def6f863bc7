// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Secret: the bytes of a PIN. Move-only, in a page of its own that is locked in memory where the limit
// allows it, left out of core dumps and wiped before it is given back. A PIN is never put into a std::string,
// a log or an exception.
#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <optional>

namespace jpki {

class Secret {
 public:
  static constexpr std::size_t kCapacity = 256;

  // Copies `bytes`; nothing when they are longer than kCapacity or no page can be had.
  static std::optional<Secret> copy_of(Bytes bytes) noexcept;

  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  Bytes bytes() const noexcept { return {page_, size_}; }
  std::size_t size() const noexcept { return size_; }

  // Whether the page never reaches swap: an unprivileged process may be at its RLIMIT_MEMLOCK, and must still
  // be able to log in.
  bool locked() const noexcept { return locked_; }

  // Wipes now; the Secret is empty afterwards.
  void wipe() noexcept;

 private:
  Secret(std::uint8_t* page, std::size_t size, bool locked) noexcept
      : page_(page), size_(size), locked_(locked) {}

  std::uint8_t* page_ = nullptr;
  std::size_t size_ = 0;
  bool locked_ = false;
};

}  // namespace jpki
