// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ifdhandler/pinpad.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <reader.h>

namespace jpki::ifdhandler {
namespace {

constexpr std::uint8_t kAsciiInBytes = 0x82;  // bmFormatString: offset 0, left, ASCII
constexpr std::size_t kFixed = offsetof(PIN_VERIFY_STRUCTURE, abData);
constexpr std::size_t kHeader = 5;  // CLA INS P1 P2 Lc
constexpr std::uint8_t kVerify = 0x20;
constexpr std::uint8_t kMaxApduDataSize = 10;  // tag of dwMaxAPDUDataSize
constexpr std::chrono::seconds kDefaultPatience{15};

void put_feature(Blob& out, std::uint8_t tag, std::uint32_t code) {
  out.insert(out.end(), {tag, 4, static_cast<std::uint8_t>(code >> 24), static_cast<std::uint8_t>(code >> 16),
                         static_cast<std::uint8_t>(code >> 8), static_cast<std::uint8_t>(code)});
}

}  // namespace

Blob features(const Settings& settings) {
  Blob out;
  if (settings.pinpad) put_feature(out, FEATURE_VERIFY_PIN_DIRECT, kVerifyPinDirect);
  if (settings.longest_apdu) put_feature(out, FEATURE_GET_TLV_PROPERTIES, kTlvProperties);
  return out;
}

Blob tlv_properties(const Settings& settings) {
  const std::uint32_t size = settings.longest_apdu.value_or(0);
  return {kMaxApduDataSize,
          4,
          static_cast<std::uint8_t>(size),
          static_cast<std::uint8_t>(size >> 8),
          static_cast<std::uint8_t>(size >> 16),
          static_cast<std::uint8_t>(size >> 24)};
}

std::optional<PinQuestion> parse_pin_verify(Bytes structure) {
  if (structure.size() < kFixed + kHeader) return std::nullopt;
  PIN_VERIFY_STRUCTURE told{};
  std::memcpy(&told, structure.data(), kFixed);
  const Bytes command = structure.subspan(kFixed);
  const std::size_t block = told.bmPINBlockString & 0x0F;
  const bool framed = told.ulDataLength == command.size() && command[1] == kVerify &&
                      command.size() == kHeader + command[4] && command[4] == block;
  if (!framed || told.bmFormatString != kAsciiInBytes || told.bmPINLengthFormat != 0) return std::nullopt;
  PinQuestion question{.command = to_blob(command),
                       .place = kHeader,
                       .least = static_cast<std::size_t>(told.wPINMaxExtraDigit >> 8),
                       .most = static_cast<std::size_t>(told.wPINMaxExtraDigit & 0xFF),
                       .patience = std::chrono::seconds(told.bTimerOut)};
  if (told.bTimerOut == 0) question.patience = kDefaultPatience;
  if (question.least != block || question.most != block) return std::nullopt;
  return question;
}

PinTyped typed_on(const PinQuestion& question, std::string_view typed) {
  if (typed == "timeout") return {.answer = {0x64, 0x00}};
  if (typed == "cancel") return {.answer = {0x64, 0x01}};
  const bool digits = std::ranges::all_of(typed, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || typed.size() < question.least || typed.size() > question.most)
    return {.answer = {0x64, 0x03}};
  PinTyped out{.command = question.command};
  std::ranges::copy(typed, out.command.begin() + static_cast<std::ptrdiff_t>(question.place));
  return out;
}

}  // namespace jpki::ifdhandler
