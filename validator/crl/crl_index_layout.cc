// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/crl_index_layout.h"

#include "validator/x509/digest.h"

namespace jpki::crl::layout {

bool put_entry_key(std::uint8_t* entry, std::size_t entry_size, std::uint16_t issuer, Bytes serial) {
  const std::size_t room = entry_size - kEntryOverhead;
  store_be(entry, issuer);
  if (serial.size() > kMaxSerialRoom) {
    if (room < kMaxSerialRoom) return false;
    const x509::Sha256 digest = x509::sha256(serial);
    entry[2] = kHashedSerial;
    std::copy_n(digest.begin(), kMaxSerialRoom, entry + 3);
    return true;
  }
  if (serial.size() > room) return false;
  entry[2] = static_cast<std::uint8_t>(serial.size());
  std::fill(std::ranges::copy(serial, entry + 3).out, entry + 3 + room, std::uint8_t{0});
  return true;
}

}  // namespace jpki::crl::layout
