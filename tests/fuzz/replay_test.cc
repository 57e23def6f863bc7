// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Every input of tests/fuzz/corpus and tests/fuzz/regressions through its target, without libFuzzer.
#include "tests/fuzz/targets.h"
#include "tests/unit/support/check_main.h"

namespace {

using namespace jpki;

constexpr int kPatience = 120;  // seconds, for all inputs of one target

std::size_t replay(const fuzz::Target& target, const std::filesystem::path& directory) {
  std::size_t count = 0;
  if (!std::filesystem::is_directory(directory)) return 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::ifstream stream(entry.path(), std::ios::binary);
    const Blob input((std::istreambuf_iterator<char>(stream)), {});
    target.run(input);
    ++count;
  }
  return count;
}

START_TEST(every_input_is_survived) {
  const fuzz::Target& target = fuzz::targets()[static_cast<std::size_t>(_i)];
  const char* source = std::getenv("srcdir");
  const std::filesystem::path fuzz = std::filesystem::path(source == nullptr ? "." : source) / "tests/fuzz";
  const std::size_t count =
      replay(target, fuzz / "corpus" / target.name) + replay(target, fuzz / "regressions" / target.name);
  ck_assert_msg(count > 0, "%s has no input", target.name.data());
  target.run({});
}
END_TEST

Suite* replay_suite() {
  Suite* suite = suite_create("fuzz_replay");
  TCase* tests = tcase_create("fuzz_replay");
  tcase_set_timeout(tests, kPatience);
  tcase_add_loop_test(tests, every_input_is_survived, 0, static_cast<int>(fuzz::targets().size()));
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(replay_suite());
}
