// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The writer's building blocks: a growing file, its hash tables, the keys of its names.
#pragma once

#include "base/bytes.h"
#include "nss_ad/snapshot/format.h"

#include <optional>
#include <string_view>
#include <vector>

namespace jpki::ad::snapshot {

// Bytes in the making; offsets count from the beginning of the file.
class Image {
 public:
  std::uint64_t size() const { return bytes_.size(); }
  Blob take() && { return std::move(bytes_); }
  const std::uint8_t* at(std::uint64_t offset) const { return bytes_.data() + offset; }

  void pad_to(std::uint64_t alignment);
  // Room for `size` zero bytes; says where.
  std::uint64_t reserve(std::uint64_t size);
  void append(Bytes bytes);
  void append(std::string_view text, bool with_nul);
  template <class T>
  void put(std::uint64_t offset, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
      bytes_[offset + i] = static_cast<std::uint8_t>(std::uint64_t{value} >> (8 * i));
  }
  template <class T>
  void append_number(T value) {
    put(reserve(sizeof(T)), value);
  }
  void put_section(format::Section section, std::uint64_t offset, std::uint64_t count);
  // The low half of the checksum of what lies between `offset` + 4 and the end goes to `offset`.
  void seal(std::uint64_t offset);

 private:
  Blob bytes_;
};

// What a hash table finds by, in the order of the records it finds.
using Hashes = std::vector<format::Hash>;

// The buckets of one table: entries are numbers of `hashes`.
class Table {
 public:
  // Nothing when a chain gets too long with so many buckets.
  static std::optional<Table> fill(const Hashes& hashes, std::uint32_t buckets);
  static std::uint32_t buckets_for(std::size_t count);

  // Appends the table at a multiple of 64 and enters it as `section`; `records` has the offset of each.
  std::uint64_t reserve(Image& image, format::Section section) const;
  void write(Image& image, std::uint64_t offset, const std::vector<std::uint64_t>& records) const;

 private:
  struct Entry {
    std::uint32_t tag;
    std::uint32_t record;
  };
  struct Bucket {
    std::vector<Entry> entries;
    bool continued = false;
  };
  std::vector<Bucket> buckets_;
};

// Tables of one file, under one seed that suits them all; `hash(seed)` gives what each table holds.
struct Tables {
  std::uint64_t seed = 0;
  std::vector<Table> tables;
};
template <class HashAll>
std::optional<Tables> fill_tables(HashAll hash_all) {
  constexpr std::uint64_t kSeeds = 8;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Tables tables{seed, {}};
    const std::vector<Hashes> all = hash_all(seed);
    for (const Hashes& hashes : all) {
      const std::uint32_t buckets = Table::buckets_for(hashes.size()) << (seed < 3 ? 0 : seed - 2);
      auto table = Table::fill(hashes, buckets);
      if (!table) break;
      tables.tables.push_back(std::move(*table));
    }
    if (tables.tables.size() == all.size()) return tables;
  }
  return std::nullopt;
}

struct CasePair {
  std::uint32_t from;
  std::uint32_t to;
};
// The pairs that `keys` (folded names) need, ascending.
std::vector<CasePair> case_pairs_of(const std::vector<std::string>& keys);

}  // namespace jpki::ad::snapshot
