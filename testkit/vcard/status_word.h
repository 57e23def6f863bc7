// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The status words SW1-SW2 that the virtual card answers with (ISO/IEC 7816-4:2005, 5.1.3).
#pragma once

#include "base/bytes.h"

#include <cstdint>

namespace jpki::vcard {

using StatusWord = std::uint16_t;

namespace sw {
inline constexpr StatusWord kOk = 0x9000;
inline constexpr StatusWord kEndOfFile = 0x6282;      // fewer bytes left than Ne asked for
inline constexpr StatusWord kTriesLeft = 0x63C0;      // low nibble: tries left
inline constexpr StatusWord kMemoryFailure = 0x6581;  // the PIN counter could not be saved
inline constexpr StatusWord kWrongLength = 0x6700;
inline constexpr StatusWord kNoLogicalChannels = 0x6881;
inline constexpr StatusWord kNoSecureMessaging = 0x6882;
inline constexpr StatusWord kNoChaining = 0x6884;
inline constexpr StatusWord kIncompatibleFile = 0x6981;  // the selected file is of another kind
inline constexpr StatusWord kSecurityNotSatisfied = 0x6982;
inline constexpr StatusWord kPinBlocked = 0x6983;   // authentication method blocked
inline constexpr StatusWord kPinUnusable = 0x6984;  // reference data not usable
inline constexpr StatusWord kConditionsNotSatisfied = 0x6985;
inline constexpr StatusWord kNoCurrentFile = 0x6986;  // command not allowed: no current EF
inline constexpr StatusWord kFileNotFound = 0x6A82;
inline constexpr StatusWord kWrongP1P2 = 0x6A86;
inline constexpr StatusWord kOffsetOutside = 0x6B00;  // wrong P1-P2: the offset is outside the EF
inline constexpr StatusWord kWrongLe = 0x6C00;        // low byte: the right Le, 00 for 256
inline constexpr StatusWord kUnknownInstruction = 0x6D00;
inline constexpr StatusWord kUnknownClass = 0x6E00;
inline constexpr StatusWord kNoDiagnosis = 0x6F00;
}  // namespace sw

// A response APDU: data field, then the trailer SW1 SW2.
inline Blob make_response(Bytes data, StatusWord status) {
  Blob response(data.begin(), data.end());
  response.push_back(static_cast<std::uint8_t>(status >> 8));
  response.push_back(static_cast<std::uint8_t>(status & 0xFF));
  return response;
}

inline Blob make_response(StatusWord status) {
  return make_response({}, status);
}

// The trailer of a response of at least two bytes.
inline StatusWord status_of(Bytes response) {
  return static_cast<StatusWord>((response[response.size() - 2] << 8) | response[response.size() - 1]);
}

}  // namespace jpki::vcard
