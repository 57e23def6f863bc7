// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/document.h"

#include "base/whole_transfer.h"

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
  } else if (!write_all_at(file_, bytes, size_)) {
    return not_written();
  }
  size_ += bytes.size();
  return true;
}

bool Document::commit() {
  if (state_ != State::kGood) return false;
  if (storage_ == Storage::kFile) return true;
  if (::ftruncate(file_, 0) == 0 && write_all_at(file_, memory_, 0)) return true;
  return not_written();
}

bool Document::not_written() {
  error_ = errno;
  state_ = State::kNotWritten;
  return false;
}

}  // namespace jpki::fetch
