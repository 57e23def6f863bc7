// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/entry_sort.h"

#include "validator/crl/crl_entries.h"
#include "validator/crl/little_endian.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

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

// Fewer entries are sorted faster by comparing them.
constexpr std::size_t kFew = 32;

// The first byte in which two of `entries` differ; N: none.
template <std::size_t N>
std::size_t first_difference(std::span<const Entry<N>> entries) {
  Entry<N> differences{};
  for (const auto& entry : entries)
    for (std::size_t i = 0; i < N; ++i)
      differences[i] = static_cast<std::uint8_t>(differences[i] | (entry[i] ^ entries[0][i]));
  return static_cast<std::size_t>(std::ranges::find_if(differences, [](auto bits) { return bits != 0; }) -
                                  differences.begin());
}

// Radix sort in place, most significant byte first ("American flag"): a comparison of serials, which are
// random, costs a mispredicted branch each time. It goes down at most N times.
template <std::size_t N>
void radix_sort(std::span<Entry<N>> entries) {
  if (entries.size() <= kFew) return std::sort(entries.begin(), entries.end(), before<N>);
  const std::size_t at = first_difference<N>(entries);
  if (at == N) return;
  std::array<std::size_t, 256> next{}, end;
  for (const auto& entry : entries) ++next[entry[at]];
  std::size_t start = 0;
  for (std::size_t value = 0; value < next.size(); ++value) {
    end[value] = start + next[value];
    next[value] = std::exchange(start, end[value]);
  }
  for (std::size_t value = 0; value < next.size(); ++value) {
    while (next[value] != end[value]) {
      Entry<N> entry = entries[next[value]];
      while (entry[at] != value) std::swap(entry, entries[next[entry[at]]++]);
      entries[next[value]++] = entry;
    }
  }
  start = 0;
  for (const std::size_t stop : end) {
    radix_sort<N>(entries.subspan(start, stop - start));
    start = stop;
  }
}

template <std::size_t N>
std::size_t sort_sized(std::span<std::uint8_t> bytes) {
  static_assert(sizeof(Entry<N>) == N && alignof(Entry<N>) == 1);
  auto* const first = reinterpret_cast<Entry<N>*>(bytes.data());
  auto* const last = first + bytes.size() / N;
  if (!std::is_sorted(first, last, before<N>)) radix_sort<N>({first, last});
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
