// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/snapshot/layout.h"

#include "nss_ad/snapshot/writer.h"

#include <algorithm>
#include <bit>
#include <string>

#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

namespace jpki::ad::snapshot {
namespace {

// Not to ASCII: `ı` is another letter than `i` to whoever reads the name.
ucs4_t fold_code_point(ucs4_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
  const ucs4_t folded = uc_tolower(uc_toupper(c));
  return folded < 0x80 ? c : folded;
}

const std::uint8_t* octets(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

template <class Visit>
bool each_code_point(std::string_view text, Visit visit) {
  for (std::size_t i = 0; i < text.size();) {
    ucs4_t c = 0;
    const int size = u8_mbtoucr(&c, octets(text) + i, text.size() - i);
    if (size <= 0) return false;
    visit(c);
    i += static_cast<std::size_t>(size);
  }
  return true;
}

constexpr ucs4_t kCodePoints = 0x110000;

const std::vector<CasePair>& all_case_pairs() {
  static const std::vector<CasePair> kPairs = [] {
    std::vector<CasePair> pairs;
    for (ucs4_t c = 0x80; c < kCodePoints; ++c) {
      if (const ucs4_t to = fold_code_point(c); to != c) pairs.push_back({c, to});
    }
    return pairs;
  }();
  return kPairs;
}

}  // namespace

Expected<std::string, std::string> folded_key(std::string_view name) {
  std::string key;
  const bool text = each_code_point(name, [&key](ucs4_t c) {
    std::uint8_t utf8[6];
    const int size = u8_uctomb(utf8, fold_code_point(c), sizeof utf8);
    key.append(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(std::max(size, 0)));
  });
  if (!text) return Unexpected{std::string("is not UTF-8")};
  return key;
}

std::string why_no_name(std::string_view name) {
  const auto key = folded_key(name);
  if (!key) return key.error();
  if (name.empty()) return "is empty";
  if (key->size() > format::kMaxKey || name.size() > format::kMaxKey) return "is too long";
  if (name == "." || name == "..") return "is the name of a directory";
  std::string why;
  (void)each_code_point(name, [&why](ucs4_t c) {
    if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cc)) why = "has a control character";
    constexpr std::uint32_t kUnseen = UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp |
                                      UC_CATEGORY_MASK_Cn | UC_CATEGORY_MASK_Co;
    if (uc_is_general_category_withtable(c, kUnseen)) why = "has a character that cannot be seen";
    if (c == ':') why = "has a colon";
    if (c == ',') why = "has a comma";
    if (c == '/' || c == '\\') why = "has a slash or a backslash";
  });
  return why;
}

std::vector<CasePair> case_pairs_of(const std::vector<std::string>& keys) {
  std::vector<bool> wanted(kCodePoints, false);
  for (const std::string& key : keys) {
    (void)each_code_point(key, [&wanted](ucs4_t c) { wanted[c] = true; });
  }
  std::vector<CasePair> pairs;
  for (const CasePair& pair : all_case_pairs()) {
    if (wanted[pair.to]) pairs.push_back(pair);
  }
  return pairs;
}

void Image::pad_to(std::uint64_t alignment) {
  bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment);
}

std::uint64_t Image::reserve(std::uint64_t size) {
  const std::uint64_t offset = bytes_.size();
  bytes_.resize(offset + size);
  return offset;
}

void Image::append(Bytes bytes) {
  append_bytes(bytes_, bytes);
}

void Image::append(std::string_view text, bool with_nul) {
  append(as_bytes(text));
  if (with_nul) bytes_.push_back(0);
}

void Image::put_section(format::Section section, std::uint64_t offset, std::uint64_t count) {
  const std::uint32_t at = format::header::kSections + 8 * static_cast<std::uint32_t>(section);
  put(at, static_cast<std::uint32_t>(offset));
  put(at + 4, static_cast<std::uint32_t>(count));
}

void Image::seal(std::uint64_t offset) {
  const std::uint64_t from = offset + 4;
  put(offset, static_cast<std::uint32_t>(format::checksum(at(from), size() - from, from)));
}

std::uint32_t Table::buckets_for(std::size_t count) {
  return static_cast<std::uint32_t>(std::bit_ceil(std::max<std::size_t>((count + 3) / 4, 1)));
}

std::optional<Table> Table::fill(const Hashes& hashes, std::uint32_t buckets) {
  Table table;
  table.buckets_.resize(buckets);
  for (std::uint32_t record = 0; record < hashes.size(); ++record) {
    std::uint32_t number = static_cast<std::uint32_t>(hashes[record].bucket) & (buckets - 1);
    std::uint32_t chain = 1;
    while (table.buckets_[number].entries.size() == format::bucket::kEntries) {
      if (chain++ == format::bucket::kMaxChain) return std::nullopt;
      table.buckets_[number].continued = true;
      number = (number + 1) & (buckets - 1);
    }
    table.buckets_[number].entries.push_back({hashes[record].tag, record});
  }
  return table;
}

std::uint64_t Table::reserve(Image& image, format::Section section) const {
  image.pad_to(format::bucket::kSize);
  const std::uint64_t offset = image.reserve(std::uint64_t{format::bucket::kSize} * buckets_.size());
  image.put_section(section, offset, buckets_.size());
  return offset;
}

void Table::write(Image& image, std::uint64_t offset, const std::vector<std::uint64_t>& records) const {
  for (const Bucket& bucket : buckets_) {
    std::uint64_t at = offset;
    for (const Entry& entry : bucket.entries) {
      image.put(at, entry.tag);
      image.put(at + 4, static_cast<std::uint32_t>(records[entry.record]));
      at += 8;
    }
    image.put(offset + format::bucket::kContinued, std::uint32_t{bucket.continued});
    const std::uint64_t sum = format::checksum(image.at(offset), format::bucket::kChecksum, offset);
    image.put(offset + format::bucket::kChecksum, static_cast<std::uint32_t>(sum));
    offset += format::bucket::kSize;
  }
}

}  // namespace jpki::ad::snapshot
