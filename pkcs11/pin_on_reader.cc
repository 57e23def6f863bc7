// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/pin_on_reader.h"

#include <cstddef>
#include <cstring>

#include <reader.h>

namespace jpki::pkcs11 {
namespace {

constexpr std::uint8_t kAsciiFromTheLeft = 0x82;  // bmFormatString; the place is counted in bytes, and is 0
constexpr std::uint8_t kByTheEnterKey = 0x02;     // bEntryValidationCondition
constexpr std::uint8_t kOneMessage = 0x01;
constexpr std::uint16_t kJapanese = 0x0411;
constexpr std::uint8_t kNoDigit = 0xFF;
constexpr std::size_t kMostInBlock = 15;  // bmPINBlockString, low nibble
constexpr std::size_t kFixed = offsetof(PIN_VERIFY_STRUCTURE, abData);

}  // namespace

bool can_be_typed_on_reader(const Medium& medium) {
  return medium.pin_digits_only && medium.pin_min == medium.pin_max && medium.pin_max <= kMostInBlock;
}

Blob pin_verify(const Command& command, const Medium& medium) {
  const auto size = static_cast<std::uint8_t>(medium.pin_max);
  Command with_room = command;
  const Blob room(size, kNoDigit);
  with_room.data = room;
  const EncodedCommand encoded(with_room);
  PIN_VERIFY_STRUCTURE asked{};
  asked.bTimerOut = static_cast<std::uint8_t>(kFirstKey.count());
  asked.bTimerOut2 = static_cast<std::uint8_t>(kNextKey.count());
  asked.bmFormatString = kAsciiFromTheLeft;
  asked.bmPINBlockString = size;
  asked.wPINMaxExtraDigit = static_cast<std::uint16_t>(size << 8 | size);
  asked.bEntryValidationCondition = kByTheEnterKey;
  asked.bNumberMessage = kOneMessage;
  asked.wLangId = kJapanese;
  asked.ulDataLength = static_cast<std::uint32_t>(encoded.bytes().size());
  Blob out(kFixed);
  std::memcpy(out.data(), &asked, kFixed);
  append_bytes(out, encoded.bytes());
  return out;
}

}  // namespace jpki::pkcs11
