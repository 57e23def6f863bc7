// SPDX-License-Identifier: LGPL-2.1-or-later
//
// IndexTable: a sorted table of fixed-size records inside a file, with fence levels above it. A
// look-up reads one block a level and checks it against the checksum that the level above holds for it: a
// damaged byte on the way is an error, never "not found". Layout in crl_index_format.md.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "validator/crl/index_file.h"

#include <array>
#include <optional>
#include <string>

namespace jpki::crl {

// A record begins with its key; keys are unique and compared by bytes.
struct TableShape {
  std::size_t record_size = 0;
  std::size_t key_size = 0;
};

// What a file says about a table; nothing of it is believed.
struct TableRoot {
  std::uint64_t offset = 0;
  std::uint64_t count = 0;
  std::uint64_t checksum = 0;  // of the topmost level
};

inline constexpr std::size_t kBlockRecords = 32;

class IndexTable {
 public:
  // An empty table.
  IndexTable() = default;

  // Nothing when the table does not lie inside `file`, which must outlive it.
  static std::optional<IndexTable> open(const IndexFile& file, const TableRoot& root,
                                        const TableShape& shape);

  std::uint64_t count() const { return levels_[0].count; }
  const TableRoot& root() const { return root_; }
  // Records and fences; nothing when they cannot be read. Of an IndexFile's at().
  std::optional<Bytes> bytes(Blob& buffer) const;

  // The record with this key (shape.key_size bytes), perhaps in `buffer`. The error says that the table is
  // damaged.
  Expected<std::optional<Bytes>, std::string> find(Bytes key, Blob& buffer) const;
  // Are all blocks as they were written, and all keys in order?
  bool intact() const;

 private:
  static constexpr std::size_t kMaxLevels = 12;
  struct Level {
    std::uint64_t start = 0;  // in the table
    std::uint64_t count = 0;
    std::size_t record_size = 0;
  };
  std::optional<Bytes> block(const Level& level, std::uint64_t number, Blob& buffer) const;

  const IndexFile* file_ = nullptr;  // of an empty table: none
  std::uint64_t size_ = 0;
  TableRoot root_;
  TableShape shape_;
  std::array<Level, kMaxLevels> levels_{};
  std::size_t height_ = 0;
};

// What follows the sorted `records` in the file, and the checksum of the topmost level.
struct Fences {
  Blob bytes;
  std::uint64_t root_checksum = 0;
};
Fences build_fences(Bytes records, const TableShape& shape);

}  // namespace jpki::crl
