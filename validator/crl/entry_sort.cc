// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/entry_sort.h"

#include "validator/crl/crl_entries.h"
#include "validator/crl/little_endian.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace jpki::crl {
namespace {

template <std::size_t N>
using Entry = std::array<std::uint8_t, N>;

template <std::size_t N>
bool before(const Entry<N>& a, const Entry<N>& b) {
  const auto x = load_be<std::uint64_t>(a.data());
  const auto y = load_be<std::uint64_t>(b.data());
  if (x != y) return x < y;
  return std::memcmp(a.data() + 8, b.data() + 8, N - 8) < 0;
}

template <std::size_t N>
std::size_t sort_sized(std::span<std::uint8_t> bytes) {
  static_assert(sizeof(Entry<N>) == N && alignof(Entry<N>) == 1);
  auto* const first = reinterpret_cast<Entry<N>*>(bytes.data());
  auto* const last = first + bytes.size() / N;
  if (!std::is_sorted(first, last, before<N>)) std::sort(first, last, before<N>);
  auto* kept = first;
  for (auto* entry = first; entry != last; ++entry) {
    if (kept != first && std::memcmp((kept - 1)->data(), entry->data(), N - 1) == 0) {
      auto& reason = (kept - 1)->back();
      reason = static_cast<std::uint8_t>(
          more_severe(static_cast<Reason>(reason), static_cast<Reason>(entry->back())));
    } else {
      if (kept != entry) *kept = *entry;
      ++kept;
    }
  }
  return static_cast<std::size_t>(kept - first) * N;
}

}  // namespace

std::size_t sort_entries(std::span<std::uint8_t> entries, std::size_t entry_size) {
  switch (entry_size) {
    case 12:
      return sort_sized<12>(entries);
    case 16:
      return sort_sized<16>(entries);
    case 20:
      return sort_sized<20>(entries);
    default:
      return sort_sized<24>(entries);
  }
}

}  // namespace jpki::crl
