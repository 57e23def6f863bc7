// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/snapshot/view.h"

#include <cstring>

namespace jpki::ad::snapshot {
namespace {

using format::load;
using format::Section;

bool same_ignoring_ascii_case(const char* a, const char* b, std::size_t size) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  for (std::size_t i = 0; i < size; ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

bool is(const Piece& domain, const char* text, std::size_t size) {
  return domain.size == size && size != 0 && same_ignoring_ascii_case(domain.bytes, text, size);
}

}  // namespace

HeaderState check_header(const std::uint8_t* bytes, std::uint64_t file_size, FileKind kind) {
  const char* const magic = kind == FileKind::kUsers ? format::kUsersMagic : format::kRestrictedMagic;
  if (file_size < format::header::kSize || file_size > format::kMaxFileSize) return HeaderState::kForeign;
  if (std::memcmp(bytes, magic, format::kMagicSize) != 0) return HeaderState::kForeign;
  // Before the checksum: where it is may differ from version to version.
  const auto version = load<std::uint32_t>(bytes + format::header::kVersionAt);
  if (version > format::kVersion) return HeaderState::kTooNew;
  const bool whole = version == format::kVersion &&
                     format::is_checksum(load<std::uint64_t>(bytes + format::header::kChecksum), bytes,
                                         format::header::kChecksum, 0) &&
                     load<std::uint64_t>(bytes + format::header::kFileSize) == file_size;
  return whole ? HeaderState::kGood : HeaderState::kDamaged;
}

std::int64_t View::synchronized() const {
  return static_cast<std::int64_t>(load<std::uint64_t>(data_ + format::header::kSynchronized));
}

std::uint32_t View::flags() const {
  return load<std::uint32_t>(data_ + format::header::kFlags);
}

std::uint32_t View::user_count() const {
  return load<std::uint32_t>(data_ + format::header::kUserCount);
}

std::uint32_t View::second_count() const {
  return load<std::uint32_t>(data_ + format::header::kSecondCount);
}

std::uint64_t View::seed() const {
  return load<std::uint64_t>(data_ + format::header::kSeed);
}

View::Extent View::section(Section section) const {
  const std::uint8_t* const at = data_ + format::header::kSections + 8 * static_cast<std::uint32_t>(section);
  return {load<std::uint32_t>(at), load<std::uint32_t>(at + 4)};
}

Piece View::text(Section wanted) const {
  const Extent extent = section(wanted);
  const std::uint8_t* const bytes = at(extent.offset, extent.count);
  return bytes == nullptr ? Piece{} : Piece{reinterpret_cast<const char*>(bytes), extent.count};
}

Piece View::realm() const {
  return text(Section::kRealm);
}

Piece View::netbios() const {
  return text(Section::kNetbios);
}

CasePairs View::case_pairs() const {
  const Extent extent = section(Section::kCasePairs);
  const std::uint8_t* const pairs = at(extent.offset, std::uint64_t{8} * extent.count);
  return pairs == nullptr || extent.offset % 8 != 0 ? CasePairs{} : CasePairs{pairs, extent.count};
}

bool View::content_is_whole() const {
  return format::is_checksum(load<std::uint64_t>(data_ + format::header::kContentChecksum),
                             data_ + format::header::kSize, size_ - format::header::kSize,
                             format::header::kSize);
}

Piece View::without_domain(const char* name, std::size_t size) const {
  const std::uint32_t allowed = flags();
  for (std::size_t i = 0; i < size && (allowed & format::kDomainBackslash) != 0; ++i) {
    if (name[i] == '\\' && is(netbios(), name, i))
      return {name + i + 1, static_cast<std::uint32_t>(size - i - 1)};
  }
  for (std::size_t i = size; i > 0 && (allowed & format::kAtRealm) != 0; --i) {
    if (name[i - 1] == '@' && is(realm(), name + i, size - i))
      return {name, static_cast<std::uint32_t>(i - 1)};
  }
  return {};
}

View::Indexed View::indexed(Section wanted, std::uint32_t index) const {
  const Extent extent = section(wanted);
  const std::uint8_t* const pair = index < extent.count && extent.offset % 8 == 0
                                       ? at(extent.offset + std::uint64_t{8} * index, std::uint64_t{8})
                                       : nullptr;
  if (pair == nullptr) return {};
  return {load<std::uint32_t>(pair), load<std::uint32_t>(pair + 4)};
}

std::uint32_t View::first_from(Section wanted, std::uint64_t minimum) const {
  const Extent extent = section(wanted);
  const std::uint8_t* const pairs = at(extent.offset, std::uint64_t{8} * extent.count);
  if (pairs == nullptr || extent.offset % 8 != 0) return 0;
  std::uint32_t begin = 0;
  std::uint32_t end = extent.count;
  while (begin < end) {
    const std::uint32_t middle = begin + (end - begin) / 2;
    if (load<std::uint32_t>(pairs + std::size_t{8} * middle) < minimum) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin == extent.count ? 0 : load<std::uint32_t>(pairs + std::size_t{8} * begin + 4);
}

}  // namespace jpki::ad::snapshot
