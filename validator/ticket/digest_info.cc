// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ticket/digest_info.h"

#include <algorithm>
#include <array>

namespace jpki::ticket {
namespace {

// SEQUENCE { SEQUENCE { OID 2.16.840.1.101.3.4.2.`hash`, NULL }, OCTET STRING of `size` }, up to the digest.
constexpr std::array<std::uint8_t, 19> head_of(std::uint8_t hash, std::uint8_t size) {
  return {0x30, static_cast<std::uint8_t>(17 + size),
          0x30, 0x0d,
          0x06, 0x09,
          0x60, 0x86,
          0x48, 0x01,
          0x65, 0x03,
          0x04, 0x02,
          hash, 0x05,
          0x00, 0x04,
          size};
}

constexpr std::array kHeads = {head_of(1, 32), head_of(2, 48), head_of(3, 64)};

}  // namespace

bool is_sha2_digest_info(Bytes text) noexcept {
  return std::ranges::any_of(kHeads, [&](const auto& head) {
    return text.size() == head.size() + head.back() && std::ranges::equal(text.first(head.size()), head);
  });
}

}  // namespace jpki::ticket
