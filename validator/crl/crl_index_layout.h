// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The layout of the compiled CRL index, one place for reader and writer; crl_index_format.md explains it.
#pragma once

#include "validator/crl/index_table.h"
#include "validator/crl/little_endian.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace jpki::crl::layout {

inline constexpr std::string_view kMagic = "JPKICRL\n";
inline constexpr std::uint32_t kVersion = 1;

// Fields of the file's header, by offset.
namespace header {
inline constexpr std::size_t kMagicAt = 0;
inline constexpr std::size_t kVersionAt = 8;    // u32
inline constexpr std::size_t kReservedAt = 12;  // u32, zero
inline constexpr std::size_t kFileSizeAt = 16;  // u64
inline constexpr std::size_t kSectionsAt = 24;  // table root
inline constexpr std::size_t kDirectoryAt = 48;
inline constexpr std::size_t kChecksumAt = 72;  // u64, of all before it
inline constexpr std::size_t kSize = 80;
}  // namespace header

// A table root: offset, count, checksum, each u64.
inline constexpr std::size_t kRootSize = 24;
inline TableRoot load_root(const std::uint8_t* from) {
  return {load_le<std::uint64_t>(from), load_le<std::uint64_t>(from + 8), load_le<std::uint64_t>(from + 16)};
}
inline void store_root(std::uint8_t* to, const TableRoot& root) {
  store_le(to, root.offset);
  store_le(to + 8, root.count);
  store_le(to + 16, root.checksum);
}

// Sections: number (u32, big-endian) → offset (u64), size (u32) and checksum (u64) of the section's head.
inline constexpr TableShape kSections{24, 4};
// Directory: look-up key (u64, big-endian) and ordinal (u32, big-endian) → section number (u32).
inline constexpr TableShape kDirectory{16, 12};
// Certificate issuers of an indirect CRL: SHA-256 of the name → number (u32).
inline constexpr TableShape kIssuers{36, 32};

// Fields of a section's head, by offset; the CRL without its entries and the source's name follow.
namespace section {
inline constexpr std::size_t kSignerKeyAt = 0;        // SHA-256
inline constexpr std::size_t kSeriesAt = 32;          // SHA-256
inline constexpr std::size_t kSourceChecksumAt = 64;  // u64
inline constexpr std::size_t kSourceSizeAt = 72;      // u64
inline constexpr std::size_t kSourceMtimeAt = 80;     // u64, nanoseconds
inline constexpr std::size_t kEntriesAt = 88;         // table root
inline constexpr std::size_t kIssuersAt = 112;        // table root
inline constexpr std::size_t kEntrySizeAt = 136;      // u32
inline constexpr std::size_t kCrlSizeAt = 140;        // u32
inline constexpr std::size_t kNameSizeAt = 144;       // u32
inline constexpr std::size_t kReservedAt = 148;       // u32, zero
inline constexpr std::size_t kFixedSize = 152;
}  // namespace section

// An entry: number of the certificate's issuer (u16, big-endian), length of the serial (u8), the serial
// padded with zeros, and, behind this key, the reason (u8). A serial that has no room in the largest record
// is replaced by the first kMaxSerialRoom octets of its SHA-256, under the length kHashedSerial.
inline constexpr std::size_t kEntryOverhead = 4;
inline constexpr std::size_t kMaxSerialRoom = 20;
inline constexpr std::uint8_t kHashedSerial = 0xff;
inline constexpr std::array<std::size_t, 4> kEntrySizes = {12, 16, 20, 24};
inline constexpr std::size_t kMaxEntrySize = kEntrySizes.back();
inline constexpr std::uint32_t kMaxIssuers = 0x10000;

inline TableShape entries_shape(std::size_t entry_size) {
  return {entry_size, entry_size - 1};
}

inline std::size_t entry_size_for(std::size_t serial_size) {
  for (const std::size_t size : kEntrySizes)
    if (serial_size <= size - kEntryOverhead) return size;
  return kMaxEntrySize;
}

// The key of an entry; false when the serial has no room in `entry_size`.
bool put_entry_key(std::uint8_t* entry, std::size_t entry_size, std::uint16_t issuer, Bytes serial);

}  // namespace jpki::crl::layout
