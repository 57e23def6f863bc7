// SPDX-License-Identifier: LGPL-2.1-or-later
//
// sort_entries() against the standard library's sort, over every size of entries and shapes of input that
// steer a radix sort into its corners.
#include "validator/crl/entry_sort.h"

#include "tests/unit/support/check_main.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace jpki::test {
namespace {

constexpr std::uint8_t kKeyCompromise = 1;
constexpr std::uint8_t kCertificateHold = 6;

enum class Shape { kRandom, kFewValues, kAscending, kDescending, kAlike, kLastByteOnly };
constexpr Shape kShapes[] = {Shape::kRandom,     Shape::kFewValues, Shape::kAscending,
                             Shape::kDescending, Shape::kAlike,     Shape::kLastByteOnly};

// One entry of `size` bytes without a reason.
std::string key_of(Shape shape, std::uint32_t n, std::uint32_t count, std::size_t size,
                   std::mt19937& random) {
  std::string key(size - 1, '\0');
  std::uint32_t value = 0;
  if (shape == Shape::kAscending) value = n;
  if (shape == Shape::kDescending) value = count - n;
  for (int i = 0; i < 4; ++i) key[3 + static_cast<std::size_t>(i)] = static_cast<char>(value >> (24 - 8 * i));
  if (shape == Shape::kRandom)
    for (char& byte : key) byte = static_cast<char>(random());
  if (shape == Shape::kFewValues)
    for (char& byte : key) byte = static_cast<char>(random() % 2);
  if (shape == Shape::kLastByteOnly) key.back() = static_cast<char>(random());
  return key;
}

void check_shape(Shape shape, std::uint32_t count, std::size_t size) {
  std::mt19937 random(count);
  std::vector<std::string> keys;
  std::vector<std::uint8_t> entries;
  for (std::uint32_t n = 0; n < count; ++n) {
    keys.push_back(key_of(shape, n, count, size, random));
    entries.insert(entries.end(), keys.back().begin(), keys.back().end());
    entries.push_back(kKeyCompromise);
  }
  const auto unsigned_less = [](const std::string& a, const std::string& b) {
    return std::memcmp(a.data(), b.data(), a.size()) < 0;
  };
  std::ranges::sort(keys, unsigned_less);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  const std::size_t kept = crl::sort_entries(entries, size);
  ck_assert_msg(kept == keys.size() * size, "shape %d, %u entries of %zu: %zu bytes, not %zu",
                static_cast<int>(shape), count, size, kept, keys.size() * size);
  for (std::size_t i = 0; i < keys.size(); ++i)
    ck_assert_msg(std::memcmp(&entries[i * size], keys[i].data(), size - 1) == 0,
                  "shape %d, %u entries of %zu: entry %zu", static_cast<int>(shape), count, size, i);
}

START_TEST(every_shape_is_sorted) {
  for (const Shape shape : kShapes)
    for (const std::size_t size : {12u, 16u, 20u, 24u})
      for (const std::uint32_t count : {0u, 1u, 2u, 31u, 32u, 33u, 34u, 1000u, 70'000u})
        check_shape(shape, count, size);
}
END_TEST

// Many reasons for one key: the one that weighs most stays, wherever it stands.
START_TEST(of_one_key_the_severest_reason_stays) {
  for (const std::size_t revoked_at : {0u, 99u, 199u}) {
    std::vector<std::uint8_t> entries;
    for (std::size_t i = 0; i < 200; ++i) {
      entries.insert(entries.end(), {0, 0, 4, 1, 2, 3, static_cast<std::uint8_t>(i % 2), 0, 0, 0, 0});
      entries.push_back(i == revoked_at ? kKeyCompromise : kCertificateHold);
    }
    ck_assert_uint_eq(crl::sort_entries(entries, 12), 24);
    ck_assert_uint_eq(entries[11], revoked_at % 2 == 0 ? kKeyCompromise : kCertificateHold);
    ck_assert_uint_eq(entries[23], revoked_at % 2 == 1 ? kKeyCompromise : kCertificateHold);
  }
}
END_TEST

}  // namespace
}  // namespace jpki::test

int main() {
  using namespace jpki::test;
  Suite* suite = suite_create("entry_sort");
  TCase* tests = tcase_create("sort");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, every_shape_is_sorted);
  tcase_add_test(tests, of_one_key_the_severest_reason_stays);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
