// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/wrong_pin_memory.h"

#include "tests/unit/support/check_main.h"

#include <sys/stat.h>

namespace {

using namespace jpki;
using engine::WrongPinMemory;

const Blob kKey(32, 7);
const Blob kOtherKey(32, 8);
constexpr std::string_view kMine = "the key of my card";
constexpr std::string_view kYours = "the key of your card";

Secret pin(std::string_view digits) {
  return *Secret::copy_of(as_bytes(digits));
}

// As a later login has it.
struct Memory {
  Memory(const std::string& path, const Blob& key) : notes(path, key), pins(notes) {}
  auto holds(std::string_view card, std::string_view digits) {
    return pins.holds(as_bytes(card), pin(digits));
  }
  auto remember(std::string_view card, std::string_view digits) {
    return pins.remember(as_bytes(card), pin(digits));
  }
  auto forget(std::string_view card) { return pins.forget(as_bytes(card)); }

  engine::CardNotes notes;
  WrongPinMemory pins;
};

struct Directory {
  test::TemporaryDirectory parent;
  std::string path = parent.path("wrong-pins");
  Directory() { ck_assert_int_eq(::mkdir(path.c_str(), 0700), 0); }
  Memory open(const Blob& key = kKey) const { return {path, key}; }
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(path)) found.push_back(entry.path());
    return found;
  }
};

bool held(Memory memory, std::string_view card, std::string_view digits) {
  const auto answer = memory.holds(card, digits);
  ck_assert(answer.has_value());
  return *answer;
}

START_TEST(what_was_wrong_is_known_to_a_later_login_and_for_that_card_alone) {
  const Directory directory;
  ck_assert(!held(directory.open(), kMine, "1234"));
  ck_assert(directory.open().remember(kMine, "1234").has_value());
  ck_assert(directory.open().remember(kMine, "5678").has_value());
  ck_assert(held(directory.open(), kMine, "1234"));
  ck_assert(held(directory.open(), kMine, "5678"));
  for (const char* other : {"1235", "123", "12345", ""}) ck_assert(!held(directory.open(), kMine, other));
  ck_assert(!held(directory.open(), kYours, "1234"));
  ck_assert(!held(directory.open(kOtherKey), kMine, "1234"));
}
END_TEST

START_TEST(a_card_is_forgotten_alone) {
  const Directory directory;
  Memory memory = directory.open();
  ck_assert(memory.remember(kMine, "1234").has_value());
  ck_assert(memory.remember(kYours, "1234").has_value());
  ck_assert(memory.forget(kMine).has_value());
  ck_assert(memory.forget(kMine).has_value());
  ck_assert(!held(directory.open(), kMine, "1234"));
  ck_assert(held(directory.open(), kYours, "1234"));
}
END_TEST

START_TEST(neither_pin_nor_key_lies_on_the_disk) {
  const Directory directory;
  ck_assert(directory.open().remember(kMine, "1234").has_value());
  ck_assert(directory.open().remember(kMine, "1234").has_value());
  const auto files = directory.files();
  ck_assert_uint_eq(files.size(), 1);
  struct stat info {};
  ck_assert_int_eq(::stat(files[0].c_str(), &info), 0);
  ck_assert_uint_eq(info.st_mode & 07777, 0600);
  ck_assert_int_eq(info.st_size, 32);  // once, though it was wrong twice
  std::ifstream file(files[0], std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  ck_assert(content.find("1234") == content.npos && files[0].string().find("card") == std::string::npos);
}
END_TEST

START_TEST(the_last_sixteen_are_kept) {
  const Directory directory;
  for (int i = 0; i < 20; ++i)
    ck_assert(directory.open().remember(kMine, std::to_string(1000 + i)).has_value());
  for (int i = 0; i < 20; ++i)
    ck_assert_int_eq(held(directory.open(), kMine, std::to_string(1000 + i)), i >= 4);
  const auto count = directory.open().pins.count(as_bytes(kMine));
  ck_assert(count && *count == 16);
}
END_TEST

START_TEST(different_ones_are_counted) {
  const Directory directory;
  const auto count = [&](std::string_view card) {
    const auto told = directory.open().pins.count(as_bytes(card));
    return told ? *told : std::size_t{99};
  };
  ck_assert_uint_eq(count(kMine), 0);
  for (const char* digits : {"1234", "1234", "5678", ""})
    ck_assert(directory.open().remember(kMine, digits).has_value());
  ck_assert(count(kMine) == 3 && count(kYours) == 0);
  std::filesystem::resize_file(directory.files()[0], 33);
  ck_assert_uint_eq(count(kMine), 99);
}
END_TEST

START_TEST(what_cannot_be_known_is_an_error) {
  const Directory directory;
  const auto fails = [](Memory memory) {
    ck_assert(!memory.holds(kMine, "1234").has_value());
    ck_assert(!memory.remember(kMine, "1234").has_value());
    ck_assert(!memory.forget(kMine).has_value());
    ck_assert(!memory.pins.count(as_bytes(kMine)).has_value());
  };
  fails({directory.parent.path("missing"), kKey});
  fails(directory.open({}));
  ck_assert_int_eq(::chmod(directory.path.c_str(), 0750), 0);
  fails(directory.open());
}
END_TEST

// Half a hash: nobody knows what it was. The next wrong PIN begins anew.
START_TEST(a_damaged_file_is_an_error_until_it_is_replaced) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{31}, std::size_t{33}, std::size_t{513}}) {
    const Directory directory;
    ck_assert(directory.open().remember(kMine, "1234").has_value());
    std::filesystem::resize_file(directory.files()[0], size);
    ck_assert(!directory.open().holds(kMine, "1234").has_value());
    ck_assert(directory.open().remember(kMine, "1234").has_value());
    ck_assert(held(directory.open(), kMine, "1234"));
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("wrong_pin_memory");
  TCase* all = tcase_create("all");
  tcase_add_test(all, what_was_wrong_is_known_to_a_later_login_and_for_that_card_alone);
  tcase_add_test(all, a_card_is_forgotten_alone);
  tcase_add_test(all, neither_pin_nor_key_lies_on_the_disk);
  tcase_add_test(all, the_last_sixteen_are_kept);
  tcase_add_test(all, different_ones_are_counted);
  tcase_add_test(all, what_cannot_be_known_is_an_error);
  tcase_add_test(all, a_damaged_file_is_an_error_until_it_is_replaced);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
