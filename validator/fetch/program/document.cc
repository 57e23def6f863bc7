// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/document.h"

#include <cerrno>

#include <unistd.h>

namespace jpki::fetch {

Document::Document(int file, std::size_t max_size, Storage storage)
    : file_(file), max_size_(max_size), storage_(storage) {
  if (storage_ == Storage::kFile && ::ftruncate(file_, 0) != 0) not_written();
}

bool Document::append(Bytes bytes) {
  if (state_ != State::kGood) return false;
  if (bytes.size() > max_size_ - size_) {
    state_ = State::kTooLarge;
    return false;
  }
  if (storage_ == Storage::kMemory) {
    memory_.insert(memory_.end(), bytes.begin(), bytes.end());
  } else if (!write_at(bytes, size_)) {
    return not_written();
  }
  size_ += bytes.size();
  return true;
}

bool Document::commit() {
  if (state_ != State::kGood) return false;
  if (storage_ == Storage::kFile) return true;
  if (::ftruncate(file_, 0) == 0 && write_at(memory_, 0)) return true;
  return not_written();
}

bool Document::not_written() {
  error_ = errno;
  state_ = State::kNotWritten;
  return false;
}

bool Document::write_at(Bytes bytes, std::size_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::size_t>(written);
  }
  return true;
}

}  // namespace jpki::fetch
