// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What both snapshot files begin and end with, for the writer.
#pragma once

#include "base/expected.h"
#include "nss_ad/snapshot/contents.h"
#include "nss_ad/snapshot/layout.h"

#include <algorithm>
#include <string>
#include <vector>

namespace jpki::ad::snapshot {

// A header without its checksums, the domain's names and the case pairs of `keys`.
Image begin_file(const Contents& contents, const char* magic, std::uint64_t seed, std::size_t second_count,
                 const std::vector<std::string>& keys);
// Room for an index section.
std::uint64_t reserve_index(Image& image, format::Section section, std::size_t count);
// `ids[i]` and the place of record i; without ids, 0.
void write_index(Image& image, std::uint64_t offset, const std::vector<std::uint32_t>& ids,
                 const std::vector<std::uint64_t>& records);
// The checksums of everything and of the header. The error: the file would be too large.
Expected<Blob, std::string> finish_file(Image image);

// The rules that a reader relies on, for names and ids of users and groups.
struct NamedId {
  const std::string* name;
  std::uint32_t id;
};
// Keys of `entries`, in their order; the error says which entry may not be in a file, `kind` being "user" or
// "group".
Expected<std::vector<std::string>, std::string> check_entries(const std::vector<NamedId>& entries,
                                                              const char* kind);

Hashes hash_names(const std::vector<std::string>& keys, std::uint64_t seed);
Hashes hash_ids(const std::vector<std::uint32_t>& ids, std::uint64_t seed);

// Indexes of `entries` by ascending id.
template <class Entries, class Id>
std::vector<std::uint32_t> order_by(const Entries& entries, Id id) {
  std::vector<std::uint32_t> order(entries.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return id(entries[a]) < id(entries[b]); });
  return order;
}

}  // namespace jpki::ad::snapshot
