// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/snapshot/key.h"

namespace jpki::ad::snapshot {
namespace {

constexpr std::uint32_t kNoCodePoint = 0xFFFFFFFF;

struct Decoded {
  std::uint32_t code_point;
  std::size_t size;
};

// One character of well-formed UTF-8 (Unicode, table 3-7): no surrogates, no overlong forms.
Decoded decode(const unsigned char* at, std::size_t left) {
  constexpr Decoded kNone = {kNoCodePoint, 0};
  const std::uint32_t first = at[0];
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || size > left) return kNone;
  std::uint32_t code_point = first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((at[i] & 0xC0) != 0x80) return kNone;
    code_point = code_point << 6 | (at[i] & 0x3FU);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < kSmallest[size] || code_point > 0x10FFFF || surrogate) return kNone;
  return {code_point, size};
}

std::size_t encode(std::uint32_t code_point, unsigned char* to) {
  if (code_point < 0x80) {
    to[0] = static_cast<unsigned char>(code_point);
    return 1;
  }
  const std::size_t size = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
  for (std::size_t i = size - 1; i > 0; --i) {
    to[i] = static_cast<unsigned char>(0x80 | (code_point & 0x3F));
    code_point >>= 6;
  }
  constexpr unsigned char kMarks[] = {0, 0, 0xC0, 0xE0, 0xF0};
  to[0] = static_cast<unsigned char>(kMarks[size] | (code_point & (0x7FU >> size)));
  return size;
}

std::uint32_t folded(std::uint32_t code_point, const CasePairs& pairs) {
  if (code_point < 0x80)
    return code_point >= 'A' && code_point <= 'Z' ? code_point + ('a' - 'A') : code_point;
  std::uint32_t begin = 0;
  std::uint32_t end = pairs.count;
  while (begin < end) {
    const std::uint32_t middle = begin + (end - begin) / 2;
    const std::uint8_t* const pair = pairs.pairs + std::size_t{8} * middle;
    const auto from = format::load<std::uint32_t>(pair);
    if (from == code_point) return format::load<std::uint32_t>(pair + 4);
    if (from < code_point) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return code_point;
}

}  // namespace

bool fold_utf8(const char* name, std::size_t size, const CasePairs& pairs, Key& key) {
  const auto* const in = reinterpret_cast<const unsigned char*>(name);
  auto* const out = reinterpret_cast<unsigned char*>(key.bytes);
  std::size_t length = 0;
  for (std::size_t i = 0; i < size;) {
    const Decoded character = decode(in + i, size - i);
    if (character.size == 0) return false;
    const std::uint32_t to = folded(character.code_point, pairs);
    if (to > 0x10FFFF || length + 4 > sizeof key.bytes) return false;
    length += encode(to, out + length);
    i += character.size;
  }
  key.size = static_cast<std::uint32_t>(length);
  return length <= format::kMaxKey;
}

}  // namespace jpki::ad::snapshot
