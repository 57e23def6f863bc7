// SPDX-License-Identifier: LGPL-2.1-or-later
//
// View's templates, for the two kinds of views. libc only.
#pragma once

#include "nss_ad/snapshot/view.h"

namespace jpki::ad::snapshot {

template <class Matches>
inline Look View::find(format::Section table, format::Hash hash, Matches matches) const {
  const Extent buckets = section(table);
  if (buckets.count == 0 || (buckets.count & (buckets.count - 1)) != 0 ||
      buckets.offset % format::bucket::kSize != 0)
    return buckets.count == 0 && buckets.offset == 0 ? Look::kNone : Look::kDamaged;
  std::uint32_t number = static_cast<std::uint32_t>(hash.bucket) & (buckets.count - 1);
  for (std::uint32_t chain = 0; chain < format::bucket::kMaxChain; ++chain) {
    const std::uint64_t offset = buckets.offset + std::uint64_t{format::bucket::kSize} * number;
    const std::uint8_t* const bucket = at(offset, format::bucket::kSize);
    if (bucket == nullptr) return Look::kDamaged;
    // All tags first: which one it is, no processor can guess.
    std::uint32_t candidates = 0;
    for (std::uint32_t i = 0; i < format::bucket::kEntries; ++i)
      candidates |= std::uint32_t{format::load<std::uint32_t>(bucket + std::size_t{8} * i) == hash.tag} << i;
    for (; candidates != 0; candidates &= candidates - 1) {
      const auto i = static_cast<std::uint32_t>(__builtin_ctz(candidates));
      const auto record_offset = format::load<std::uint32_t>(bucket + std::size_t{8} * i + 4);
      if (record_offset == 0) continue;
      if (const Look look = matches(record_offset); look != Look::kNone) return look;
    }
    // A record vouches for itself; only that there is none, the bucket must say.
    const auto stored = format::load<std::uint32_t>(bucket + format::bucket::kChecksum);
    if (!format::is_checksum(stored, bucket, format::bucket::kChecksum, offset)) return Look::kDamaged;
    if (format::load<std::uint32_t>(bucket + format::bucket::kContinued) == 0) return Look::kNone;
    number = (number + 1) & (buckets.count - 1);
  }
  return Look::kDamaged;
}

template <class Fields, class Read, class IsWhole>
inline Look View::find_name(format::Section table, const char* name, std::size_t size, Fields& fields,
                            Read read, IsWhole is_whole) const {
  const auto find_one = [&](const char* spelling, std::size_t length) {
    __attribute__((uninitialized)) Key key;
    if (!fold(spelling, length, case_pairs(), key)) return Look::kNone;
    return find(table, format::hash_of_text(key.bytes, key.size, seed()), [&](std::uint32_t offset) {
      if (const Look look = read(offset, fields); look != Look::kFound) return Look::kDamaged;
      const bool same =
          fields.key.size == key.size && std::memcmp(fields.key.bytes, key.bytes, key.size) == 0;
      if (same) return Look::kFound;
      return is_whole(offset) ? Look::kNone : Look::kDamaged;
    });
  };
  if (const Look look = find_one(name, size); look != Look::kNone || flags() < format::kDomainBackslash)
    return look;
  const Piece rest = without_domain(name, size);
  return rest.size == 0 ? Look::kNone : find_one(rest.bytes, rest.size);
}

}  // namespace jpki::ad::snapshot
