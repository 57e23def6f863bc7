// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Snapshot files of someone who can compute checksums.
#pragma once

#include "tests/unit/nss_ad/snapshot_fixture.h"

namespace jpki::ad::snapshot::test {

using format::Section;

class Forged {
 public:
  explicit Forged(const Expected<Blob, std::string>& bytes) : bytes_(bytes.value()) {}

  UsersView users() const { return {bytes_.data(), static_cast<std::uint32_t>(bytes_.size())}; }
  RestrictedView restricted() const { return {bytes_.data(), static_cast<std::uint32_t>(bytes_.size())}; }
  std::string_view text() const { return as_text(bytes_); }

  std::uint32_t number(std::size_t at) const { return format::load<std::uint32_t>(&bytes_[at]); }
  std::uint32_t half(std::size_t at) const { return format::load<std::uint16_t>(&bytes_[at]); }
  void put(std::size_t at, std::uint64_t value, std::size_t size = 4) {
    for (std::size_t i = 0; i < size; ++i) bytes_[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  void seal(std::size_t offset, std::size_t size) {
    put(offset, format::checksum(&bytes_[offset + 4], size - 4, offset + 4));
  }
  void seal_file() {
    namespace header = format::header;
    put(header::kContentChecksum,
        format::checksum(&bytes_[header::kSize], bytes_.size() - header::kSize, header::kSize), 8);
    put(header::kChecksum, format::checksum(bytes_.data(), header::kChecksum, 0), 8);
  }

  // Where the header has the section's offset; its count is behind it.
  static std::size_t extent(Section section) {
    return format::header::kSections + 8 * static_cast<std::size_t>(section);
  }
  // To the very end of the file, which gets no longer than it has to be.
  void move_to_the_end(Section section, std::size_t unit) {
    const std::size_t from = number(extent(section));
    const std::size_t size = unit * number(extent(section) + 4);
    bytes_.resize((bytes_.size() + 7) / 8 * 8);
    const std::size_t to = bytes_.size();
    bytes_.resize(to + size);
    std::copy_n(&bytes_[from], size, &bytes_[to]);
    put(extent(section), to);
  }
  // A copy of a record's first part at the end, where `remainder` is what 8 leaves of its offset.
  std::uint32_t copy_record(std::size_t from, std::size_t size, std::size_t remainder) {
    const std::size_t to = (bytes_.size() + 7) / 8 * 8 + remainder;
    bytes_.resize(to + (size + 7) / 8 * 8);
    std::copy_n(&bytes_[from], size, &bytes_[to]);
    seal(to, size);
    return static_cast<std::uint32_t>(to);
  }

  // Where a table has the offset of the record with this id.
  std::size_t entry_of(Section table, std::uint32_t id) const {
    const std::size_t begin = number(extent(table));
    const std::size_t end = begin + std::size_t{format::bucket::kSize} * number(extent(table) + 4);
    for (std::size_t bucket = begin; bucket < end; bucket += format::bucket::kSize)
      for (std::size_t i = 0; i < format::bucket::kEntries; ++i)
        if (number(bucket + 8 * i) == id && number(bucket + 8 * i + 4) != 0) return bucket + 8 * i + 4;
    ck_abort_msg("id %u is not in the table", id);
  }
  // From then on `key` has the same hash as the record's key.
  void collide(Section table, std::string_view key, std::uint32_t record) {
    const auto seed = format::load<std::uint64_t>(&bytes_[format::header::kSeed]);
    const format::Hash hash = format::hash_of_text(key.data(), key.size(), seed);
    const std::size_t bucket = number(extent(table)) + std::size_t{format::bucket::kSize} *
                                                           (hash.bucket & (number(extent(table) + 4) - 1));
    put(bucket, hash.tag);
    put(bucket + 4, record);
    put(bucket + format::bucket::kChecksum,
        format::checksum(&bytes_[bucket], format::bucket::kChecksum, bucket));
  }

 private:
  Blob bytes_;
};

inline constexpr std::uint32_t kLast = 770801112;  // the uid
inline constexpr std::uint32_t kKakaricho = 770801900;

inline Contents site() {
  Contents contents = small_site();
  contents.name_forms = {.domain_backslash = true, .at_realm = true};
  contents.groups.push_back(group("of z", 770802001, {1}));
  contents.bindings.push_back({"X509:<SKI>13", 2});
  return contents;
}

inline Forged users_of_site() {
  return Forged(lay_out_users(site()));
}
inline Forged restricted_of_site() {
  return Forged(lay_out_restricted(site()));
}

}  // namespace jpki::ad::snapshot::test
