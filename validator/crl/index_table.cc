// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/index_table.h"

#include "validator/crl/checksum.h"
#include "validator/crl/little_endian.h"

#include <algorithm>
#include <cstring>

namespace jpki::crl {
namespace {

constexpr std::size_t kChecksumSize = 8;

std::uint64_t blocks_of(std::uint64_t records) {
  return records / kBlockRecords + (records % kBlockRecords != 0 ? 1 : 0);
}

// How many records of `block` have a key that is at most `key`.
std::size_t upper_bound(Bytes block, std::size_t record_size, Bytes key) {
  std::size_t low = 0;
  for (std::size_t count = block.size() / record_size; count > 0;) {
    const std::size_t half = count / 2;
    if (std::memcmp(block.data() + (low + half) * record_size, key.data(), key.size()) <= 0) {
      low += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return low;
}

Unexpected<std::string> damaged() {
  return Unexpected{std::string("a block has the wrong checksum")};
}

}  // namespace

std::optional<IndexTable> IndexTable::open(const IndexFile& file, const TableRoot& root,
                                           const TableShape& shape) {
  if (root.offset > file.size()) return std::nullopt;
  IndexTable table;
  table.file_ = &file;
  table.root_ = root;
  table.shape_ = shape;
  const std::uint64_t room = file.size() - root.offset;
  std::uint64_t used = 0;
  std::uint64_t count = root.count;
  for (std::size_t record_size = shape.record_size; table.height_ < kMaxLevels;
       record_size = shape.key_size + kChecksumSize, count = blocks_of(count)) {
    if (count > (room - used) / record_size) return std::nullopt;
    table.levels_[table.height_++] = {used, count, record_size};
    used += count * record_size;
    if (count <= kBlockRecords) {
      table.size_ = used;
      return table;
    }
  }
  return std::nullopt;
}

std::optional<Bytes> IndexTable::bytes(Blob& buffer) const {
  if (file_ == nullptr) return Bytes();
  return file_->at(root_.offset, static_cast<std::size_t>(size_), buffer);
}

std::optional<Bytes> IndexTable::block(const Level& level, std::uint64_t number, Blob& buffer) const {
  const std::uint64_t first = number * kBlockRecords;
  const std::uint64_t records = std::min<std::uint64_t>(kBlockRecords, level.count - first);
  return file_->at(root_.offset + level.start + first * level.record_size,
                   static_cast<std::size_t>(records) * level.record_size, buffer);
}

Expected<std::optional<Bytes>, std::string> IndexTable::find(Bytes key, Blob& buffer) const {
  std::uint64_t number = 0;
  std::uint64_t expected = root_.checksum;
  for (std::size_t height = height_; height-- > 0;) {
    const Level& level = levels_[height];
    const auto records = block(level, number, buffer);
    if (!records) return Unexpected{std::string("a block cannot be read")};
    if (checksum(*records) != expected) return damaged();
    const std::size_t after = upper_bound(*records, level.record_size, key);
    if (after == 0) return std::optional<Bytes>();
    const Bytes record = records->subspan((after - 1) * level.record_size, level.record_size);
    if (height == 0) {
      if (std::memcmp(record.data(), key.data(), key.size()) != 0) return std::optional<Bytes>();
      return std::optional(record);
    }
    expected = load_le<std::uint64_t>(record.data() + shape_.key_size);
    number = number * kBlockRecords + after - 1;
  }
  return std::optional<Bytes>();
}

bool IndexTable::intact() const {
  Blob buffer;
  const auto all = bytes(buffer);
  if (!all) return false;
  const std::size_t records_size = static_cast<std::size_t>(count()) * shape_.record_size;
  const Bytes records = all->first(records_size);
  for (std::size_t at = shape_.record_size; at < records_size; at += shape_.record_size)
    if (std::memcmp(&records[at - shape_.record_size], &records[at], shape_.key_size) >= 0) return false;
  const Fences fences = build_fences(records, shape_);
  return fences.root_checksum == root_.checksum &&
         std::ranges::equal(fences.bytes, all->subspan(records_size));
}

Fences build_fences(Bytes records, const TableShape& shape) {
  Fences fences;
  Bytes level = records;
  std::size_t record_size = shape.record_size;
  while (level.size() > kBlockRecords * record_size) {
    const std::size_t start = fences.bytes.size();
    Blob above;
    for (std::size_t at = 0; at < level.size(); at += kBlockRecords * record_size) {
      const Bytes block = level.subspan(at, std::min(kBlockRecords * record_size, level.size() - at));
      std::uint8_t sum[kChecksumSize];
      store_le(sum, checksum(block));
      above.insert(above.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(shape.key_size));
      above.insert(above.end(), std::begin(sum), std::end(sum));
    }
    fences.bytes.insert(fences.bytes.end(), above.begin(), above.end());
    level = Bytes(fences.bytes).subspan(start);
    record_size = shape.key_size + kChecksumSize;
  }
  fences.root_checksum = checksum(level);
  return fences;
}

}  // namespace jpki::crl
