// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Document: what one transfer has brought so far, never more than was asked for. Transfers that run side by
// side for one request keep theirs in memory; the first good one goes to the file.
#pragma once

#include "base/bytes.h"

namespace jpki::fetch {

class Document {
 public:
  enum class Storage { kFile, kMemory };
  enum class State {
    kGood,
    kTooLarge,
    kNotWritten,  // the file took no more: error()
  };

  // `file` must stay open; kFile empties it at once.
  Document(int file, std::size_t max_size, Storage storage);

  // False when it did not work: state() says why, and nothing is taken any more.
  bool append(Bytes bytes);
  // Afterwards the file holds the document and nothing else.
  bool commit();

  std::size_t size() const { return size_; }
  State state() const { return state_; }
  int error() const { return error_; }  // an errno value
  std::size_t max_size() const { return max_size_; }

 private:
  bool not_written();

  int file_;
  std::size_t max_size_;
  Storage storage_;
  State state_ = State::kGood;
  int error_ = 0;
  std::size_t size_ = 0;
  Blob memory_;
};

}  // namespace jpki::fetch
