// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/snapshot/file_frame.h"

#include "nss_ad/snapshot/writer.h"

#include <unordered_set>

namespace jpki::ad::snapshot {
namespace {

namespace header = format::header;
using format::Section;

std::uint32_t flags_of(const Contents& contents) {
  return (contents.enumerate ? format::kEnumerate : 0) |
         (contents.name_forms.domain_backslash ? format::kDomainBackslash : 0) |
         (contents.name_forms.at_realm ? format::kAtRealm : 0);
}

void append_text(Image& image, Section section, std::string_view text) {
  image.put_section(section, image.size(), text.size());
  image.append(text, false);
}

}  // namespace

Image begin_file(const Contents& contents, const char* magic, std::uint64_t seed, std::size_t second_count,
                 const std::vector<std::string>& keys) {
  Image image;
  image.append(std::string_view(magic, format::kMagicSize), false);
  image.reserve(header::kSize - format::kMagicSize);
  image.put(header::kVersionAt, format::kVersion);
  image.put(header::kFlags, flags_of(contents));
  image.put(header::kSynchronized,
            static_cast<std::uint64_t>(contents.synchronized.time_since_epoch().count()));
  image.put(header::kSeed, seed);
  image.put(header::kUserCount, static_cast<std::uint32_t>(contents.users.size()));
  image.put(header::kSecondCount, static_cast<std::uint32_t>(second_count));
  append_text(image, Section::kRealm, contents.realm);
  append_text(image, Section::kNetbios, contents.netbios);
  image.pad_to(8);
  const std::vector<CasePair> pairs = case_pairs_of(keys);
  image.put_section(Section::kCasePairs, image.size(), pairs.size());
  for (const CasePair& pair : pairs) {
    image.append_number(pair.from);
    image.append_number(pair.to);
  }
  return image;
}

std::uint64_t reserve_index(Image& image, Section section, std::size_t count) {
  image.pad_to(8);
  const std::uint64_t offset = image.reserve(std::uint64_t{8} * count);
  image.put_section(section, offset, count);
  return offset;
}

void write_index(Image& image, std::uint64_t offset, const std::vector<std::uint32_t>& ids,
                 const std::vector<std::uint64_t>& records) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    image.put(offset + 8 * i, ids.empty() ? 0 : ids[i]);
    image.put(offset + 8 * i + 4, static_cast<std::uint32_t>(records[i]));
  }
}

Expected<Blob, std::string> finish_file(Image image) {
  image.pad_to(8);
  if (image.size() > format::kMaxFileSize)
    return Unexpected{
        std::string("the snapshot would be 4 GiB or more; use the filters to read fewer groups or users")};
  image.put(header::kFileSize, image.size());
  image.put(header::kContentChecksum,
            format::checksum(image.at(header::kSize), image.size() - header::kSize, header::kSize));
  image.put(header::kChecksum, format::checksum(image.at(0), header::kChecksum, 0));
  return std::move(image).take();
}

Expected<std::vector<std::string>, std::string> check_entries(const std::vector<NamedId>& entries,
                                                              const char* kind) {
  std::vector<std::string> keys;
  std::unordered_set<std::string> seen_keys;
  std::unordered_set<std::uint32_t> seen_ids;
  for (const NamedId& entry : entries) {
    const auto refuse = [&](const std::string& why) {
      return Unexpected{std::string(kind) + " '" + *entry.name + "': " + why + "; leave it out or change it"};
    };
    if (const std::string why = why_no_name(*entry.name); !why.empty()) {
      return Unexpected{std::string("a ") + kind + "'s name " + why + "; leave it out or rename it"};
    }
    if (format::is_forbidden_id(entry.id))
      return refuse("ids 0 and 4294967295 are not allowed for directory accounts");
    auto key = folded_key(*entry.name);
    if (!seen_ids.insert(entry.id).second) return refuse("another one has the same id");
    if (!seen_keys.insert(*key).second) return refuse("another one has the same name");
    keys.push_back(std::move(*key));
  }
  return keys;
}

Hashes hash_names(const std::vector<std::string>& keys, std::uint64_t seed) {
  Hashes hashes;
  hashes.reserve(keys.size());
  for (const std::string& key : keys) hashes.push_back(format::hash_of_text(key.data(), key.size(), seed));
  return hashes;
}

Hashes hash_ids(const std::vector<std::uint32_t>& ids, std::uint64_t seed) {
  Hashes hashes;
  hashes.reserve(ids.size());
  for (const std::uint32_t id : ids) hashes.push_back(format::hash_of_id(id, seed));
  return hashes;
}

}  // namespace jpki::ad::snapshot
