// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/reader_features.h"

#include "pkcs11/apdu.h"

#include <algorithm>

namespace jpki::pkcs11 {
namespace {

constexpr std::uint8_t kVerifyPinDirect = 0x06;
constexpr std::uint8_t kGetTlvProperties = 0x12;
constexpr std::uint8_t kMaxApduDataSize = 10;
constexpr std::size_t kNumber = 4;

// The value of the first entry with that tag.
std::optional<Bytes> value_of(std::uint8_t tag, Bytes entries) {
  while (entries.size() >= 2) {
    const std::size_t size = entries[1];
    if (entries.size() < 2 + size) return std::nullopt;
    if (entries[0] == tag) return entries.subspan(2, size);
    entries = entries.subspan(2 + size);
  }
  return std::nullopt;
}

std::optional<std::uint32_t> control_code(std::uint8_t feature, Bytes features) {
  const auto value = value_of(feature, features);
  if (!value || value->size() != kNumber) return std::nullopt;
  std::uint32_t code = 0;
  for (const std::uint8_t byte : *value) code = code << 8 | byte;
  return code;
}

}  // namespace

std::optional<std::uint32_t> properties_control_code(Bytes features) {
  return control_code(kGetTlvProperties, features);
}

std::optional<std::uint32_t> keys_control_code(Bytes features) {
  return control_code(kVerifyPinDirect, features);
}

std::size_t longest_answer_told(Bytes properties) {
  const auto value = value_of(kMaxApduDataSize, properties);
  if (!value || value->size() != kNumber) return kShortNe;
  std::size_t size = 0;
  for (std::size_t i = kNumber; i-- > 0;) size = size << 8 | (*value)[i];
  return std::clamp(size, kShortNe, kExtendedNe);
}

}  // namespace jpki::pkcs11
