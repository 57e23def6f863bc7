// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Every input of tests/fuzz/corpus and tests/fuzz/regressions through its target, without libFuzzer.
//
// fuzz_replay_test frames DIR: writes the messages of today's protocol, for corpus/frame (make
// update-frames).
#include "tests/fuzz/targets.h"
#include "tests/unit/base/sample_messages.h"
#include "tests/unit/support/check_main.h"

namespace {

using namespace jpki;

constexpr int kPatience = 120;  // seconds, for all inputs of one target

std::filesystem::path fuzz_directory() {
  const char* source = std::getenv("srcdir");
  return std::filesystem::path(source == nullptr ? "." : source) / "tests/fuzz";
}

Blob content_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return Blob((std::istreambuf_iterator<char>(stream)), {});
}

// Without the length before it, as the target takes it; empty: the sample is no message.
Blob frame(int sample) {
  constexpr std::size_t kLength = 4;
  std::array<std::uint8_t, kLength + kMaxFrame> buffer{};
  const auto size = encode(test::sample(sample), buffer);
  return size ? to_blob(Bytes(buffer).first(*size).subspan(kLength)) : Blob();
}

std::string name_of_frame(int sample) {
  return "message-" + std::to_string(sample);
}

std::size_t replay(const fuzz::Target& target, const std::filesystem::path& directory) {
  std::size_t count = 0;
  if (!std::filesystem::is_directory(directory)) return 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    target.run(content_of(entry.path()));
    ++count;
  }
  return count;
}

START_TEST(every_input_is_survived) {
  const fuzz::Target& target = fuzz::targets()[static_cast<std::size_t>(_i)];
  const std::filesystem::path fuzz = fuzz_directory();
  const std::size_t count =
      replay(target, fuzz / "corpus" / target.name) + replay(target, fuzz / "regressions" / target.name);
  ck_assert_msg(count > 0, "%s has no input", target.name.data());
  target.run({});
}
END_TEST

// The fuzzer begins where a login is, not at what an older protocol said.
START_TEST(the_corpus_speaks_todays_protocol) {
  const auto file = fuzz_directory() / "corpus/frame" / name_of_frame(_i);
  ck_assert_msg(decode(frame(_i)).has_value(), "message %d is none", _i);
  ck_assert_msg(content_of(file) == frame(_i), "%s is of another protocol: make update-frames", file.c_str());
}
END_TEST

int write_frames(const std::filesystem::path& directory) {
  for (int i = 0; i < test::kSamples; ++i) {
    const Blob octets = frame(i);
    std::ofstream stream(directory / name_of_frame(i), std::ios::binary);
    stream.write(reinterpret_cast<const char*>(octets.data()), static_cast<std::streamsize>(octets.size()));
    if (!stream.flush()) return 1;
  }
  return 0;
}

Suite* replay_suite() {
  Suite* suite = suite_create("fuzz_replay");
  TCase* tests = tcase_create("fuzz_replay");
  tcase_set_timeout(tests, kPatience);
  tcase_add_loop_test(tests, every_input_is_survived, 0, static_cast<int>(fuzz::targets().size()));
  tcase_add_loop_test(tests, the_corpus_speaks_todays_protocol, 0, test::kSamples);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "frames") return write_frames(argv[2]);
  return jpki::test::run_suite(replay_suite());
}
