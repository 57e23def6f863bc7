// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Sorted tables with fences: each record is found at any size, and the bytes are those that
// crl_index_format.md tells.
#include "validator/crl/index_table.h"

#include "tests/unit/validator/crl_index_fixture.h"
#include "validator/crl/checksum.h"
#include "validator/crl/little_endian.h"

#include <limits>

namespace jpki::test {
namespace {

constexpr TableShape kShape{6, 4};  // a number and two octets of contents
constexpr std::size_t kFenceSize = 4 + 8;
constexpr std::uint64_t kOffset = 10;

Blob key_of(std::uint32_t number) {
  Blob key(4);
  store_be(key.data(), number);
  return key;
}
// Even numbers from 2, so that there is something between them.
Blob records_of(std::size_t count) {
  Blob records;
  for (std::size_t n = 1; n <= count; ++n) {
    append_bytes(records, key_of(static_cast<std::uint32_t>(2 * n)));
    records.insert(records.end(), {0xab, static_cast<std::uint8_t>(n)});
  }
  return records;
}

// A table in a file of its own, behind ten octets that are none of it.
struct Written {
  explicit Written(Blob all, Blob fences = {}, std::uint64_t root_checksum = 0, std::size_t cut = 0)
      : records(std::move(all)) {
    Blob content(kOffset, 0xee);
    append_bytes(content, records);
    append_bytes(content, fences);
    content.resize(content.size() - cut);
    root = {kOffset, records.size() / kShape.record_size, root_checksum};
    path = directory.write("table", as_text(content), std::filesystem::perms(0600));
    auto opened = IndexFile::open(path, own_files(), IndexFile::Access::kRead);
    if (!opened) ck_abort_msg("%s", opened.error().text.c_str());
    file.emplace(std::move(*opened));
  }
  static Written whole(const Blob& records, std::size_t cut = 0) {
    const Fences fences = build_fences(records, kShape);
    return Written(records, fences.bytes, fences.root_checksum, cut);
  }
  std::optional<IndexTable> table() const { return IndexTable::open(*file, root, kShape); }

  TemporaryDirectory directory;
  std::string path;
  Blob records;
  TableRoot root;
  std::optional<IndexFile> file;
};

// One level, two and three, with a last block that is full, and one that has a single record.
constexpr std::size_t kCounts[] = {0, 1, 2, 31, 32, 33, 63, 64, 65, 96, 1023, 1024, 1025, 1056, 1057, 2048};

START_TEST(each_record_is_found_and_no_other) {
  const std::size_t count = kCounts[_i];
  const auto written = Written::whole(records_of(count));
  const auto table = written.table();
  ck_assert(table.has_value() && table->count() == count && table->intact());
  Blob buffer;
  for (std::uint32_t number = 0; number <= 2 * count + 3; ++number) {
    const auto found = table->find(key_of(number), buffer);
    ck_assert_msg(found.has_value(), "%u of %zu: %s", number, count, found ? "" : found.error().c_str());
    const bool there = number >= 2 && number <= 2 * count && number % 2 == 0;
    ck_assert_msg(found->has_value() == there, "%u of %zu", number, count);
    if (there)
      ck_assert(std::ranges::equal(
          **found,
          Bytes(written.records).subspan((number / 2 - 1) * kShape.record_size, kShape.record_size)));
  }
}
END_TEST

// The first key of every 32 records and their checksum, little-endian, until there are at most 32.
START_TEST(fences_are_as_the_format_tells) {
  const auto fence_over = [](Bytes block) {
    Blob fence = to_blob(block.first(kShape.key_size));
    fence.resize(kFenceSize);
    store_le(&fence[kShape.key_size], checksum(block));
    return fence;
  };
  const auto above = [&](Bytes level, std::size_t record_size) {
    Blob fences;
    while (!level.empty()) {
      const Bytes block = level.first(std::min(level.size(), 32 * record_size));
      append_bytes(fences, fence_over(block));
      level = level.subspan(block.size());
    }
    return fences;
  };
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{32}}) {
    const Fences none = build_fences(records_of(count), kShape);
    ck_assert(none.bytes.empty() && none.root_checksum == checksum(records_of(count)));
  }
  for (const std::size_t count : {std::size_t{33}, std::size_t{64}, std::size_t{1024}}) {
    const Fences one = build_fences(records_of(count), kShape);
    const Blob expected = above(records_of(count), kShape.record_size);
    ck_assert(one.bytes == expected && one.root_checksum == checksum(expected));
  }
  const Fences two = build_fences(records_of(1025), kShape);
  const Blob first = above(records_of(1025), kShape.record_size), second = above(first, kFenceSize);
  ck_assert_uint_eq(second.size(), 2 * kFenceSize);
  Blob expected = first;
  append_bytes(expected, second);
  ck_assert(two.bytes == expected && two.root_checksum == checksum(second));
}
END_TEST

START_TEST(a_table_lies_inside_its_file) {
  for (const std::size_t count : {std::size_t{1}, std::size_t{32}, std::size_t{33}, std::size_t{1025}}) {
    ck_assert(Written::whole(records_of(count)).table().has_value());
    ck_assert(!Written::whole(records_of(count), 1).table().has_value());
  }
  auto written = Written::whole(records_of(40));
  written.root.offset = written.file->size();
  ck_assert(!written.table().has_value());
  written.root.count = 0;
  ck_assert(written.table().has_value());
  ++written.root.offset;
  ck_assert(!written.table().has_value());
  written.root = {0, std::numeric_limits<std::uint64_t>::max(), 0};
  ck_assert(!written.table().has_value());
}
END_TEST

START_TEST(an_empty_table_has_no_record) {
  const IndexTable table;
  Blob buffer;
  const auto found = table.find(key_of(2), buffer);
  ck_assert(found.has_value() && !found->has_value());
  ck_assert(table.count() == 0 && table.bytes(buffer) && table.bytes(buffer)->empty());
}
END_TEST

START_TEST(damage_is_found) {
  const Blob good = records_of(40);
  const Fences fences = build_fences(good, kShape);
  ck_assert(Written(good, fences.bytes, fences.root_checksum).table()->intact());
  Blob changed = good;
  changed.back() ^= 1;
  ck_assert(!Written(changed, fences.bytes, fences.root_checksum).table()->intact());
  ck_assert(!Written(good, fences.bytes, fences.root_checksum ^ 1).table()->intact());
  Blob other_fences = fences.bytes;
  other_fences.back() ^= 1;
  ck_assert(!Written(good, other_fences, fences.root_checksum).table()->intact());
  // In a table of one block there are no fences that could tell.
  Blob few = records_of(3);
  const std::uint64_t root = checksum(few);
  few.back() ^= 1;
  ck_assert(!Written(few, {}, root).table()->intact());
}
END_TEST

START_TEST(keys_are_in_order_and_unique) {
  Blob twice = records_of(3);
  std::ranges::copy(Bytes(twice).subspan(kShape.record_size, 4), twice.begin() + 2 * 6);
  ck_assert(!Written::whole(twice).table()->intact());
  Blob swapped = records_of(1);
  append_bytes(swapped, key_of(1));
  swapped.insert(swapped.end(), {0, 0});
  ck_assert(!Written::whole(swapped).table()->intact());
}
END_TEST

START_TEST(a_file_that_shrinks_is_an_error) {
  const auto written = Written::whole(records_of(40));
  const auto table = written.table();
  std::filesystem::resize_file(written.path, 0);
  Blob buffer;
  const auto found = table->find(key_of(2), buffer);
  ck_assert(!found.has_value());
  expect_text(found.error(), "a block cannot be read");
  ck_assert(!table->intact());
}
END_TEST

}  // namespace
}  // namespace jpki::test

int main() {
  using namespace jpki::test;
  Suite* suite = suite_create("index_table");
  TCase* tests = tcase_create("table");
  tcase_add_loop_test(tests, each_record_is_found_and_no_other, 0, std::size(kCounts));
  tcase_add_test(tests, fences_are_as_the_format_tells);
  tcase_add_test(tests, a_table_lies_inside_its_file);
  tcase_add_test(tests, an_empty_table_has_no_record);
  tcase_add_test(tests, damage_is_found);
  tcase_add_test(tests, keys_are_in_order_and_unique);
  tcase_add_test(tests, a_file_that_shrinks_is_an_error);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
