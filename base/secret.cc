// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/secret.h"

#include <cstring>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

namespace jpki {
namespace {

std::size_t page_size() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::optional<Secret> Secret::copy_of(Bytes bytes) noexcept {
  if (bytes.size() > kCapacity) return std::nullopt;
  void* page = ::mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return std::nullopt;
  const bool locked = ::mlock(page, page_size()) == 0;
  (void)::madvise(page, page_size(), MADV_DONTDUMP);
  (void)::madvise(page, page_size(), MADV_WIPEONFORK);
  if (!bytes.empty()) std::memcpy(page, bytes.data(), bytes.size());
  return Secret(static_cast<std::uint8_t*>(page), bytes.size(), locked);
}

Secret::Secret(Secret&& other) noexcept
    : page_(std::exchange(other.page_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      locked_(other.locked_) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    page_ = std::exchange(other.page_, nullptr);
    size_ = std::exchange(other.size_, 0);
    locked_ = other.locked_;
  }
  return *this;
}

Secret::~Secret() {
  wipe();
}

void Secret::wipe() noexcept {
  if (page_ == nullptr) return;
  ::explicit_bzero(page_, page_size());
  ::munmap(page_, page_size());
  page_ = nullptr;
  size_ = 0;
}

}  // namespace jpki
