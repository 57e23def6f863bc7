// SPDX-License-Identifier: LGPL-2.1-or-later
//
// map_bench: what accounts.map costs a login: opened and searched for one certificate's three strings, beside
// reading and parsing all of it. The certificate's own line is the last one. Processor time, user and system,
// for the machine may have other work; the fastest and the slowest tenth tell how much that disturbed.
#include "validator/map/whole_map.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <time.h>
#include <unistd.h>

namespace {

using namespace jpki;

const std::vector<std::string> kMappings = {
    "X509:<I>c=JP,o=JPKI,ou=JPKI for user authentication,ou=Example<SR>0302018f",
    "X509:<SKI>93f19e5b1cbeeb18fc3b8e77cefa1ad6daa7a367",
    "X509:<SHA1-PUKEY>0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"};

void require(bool good, const char* what) {
  if (good) return;
  fmt::print(stderr, "bench: {} failed\n", what);
  std::exit(EXIT_FAILURE);
}

std::string map_of(unsigned lines) {
  std::mt19937 random(1);
  std::string text;
  for (unsigned line = 1; line < lines; ++line) {
    text += fmt::format("staff{:06} X509:<SKI>", line);
    for (int word = 0; word < 5; ++word) text += fmt::format("{:08x}", random());
    text += '\n';
  }
  return text + "sato " + kMappings[1] + '\n';
}

double microseconds_of_processor() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

struct Times {
  double fast, middle, slow;  // the 10th, 50th and 90th percentile, in microseconds
};

template <class Function>
Times time_of(unsigned count, const Function& function) {
  std::vector<double> times;
  for (unsigned i = 0; i < count; ++i) {
    const double begin = microseconds_of_processor();
    function();
    times.push_back(microseconds_of_processor() - begin);
  }
  std::ranges::sort(times);
  return {times[count / 10], times[count / 2], times[count - 1 - count / 10]};
}

void tell(const char* what, unsigned lines, const Times& times) {
  fmt::print("  {:<8} {:>7} lines {:10.1f} us  ({:.1f} to {:.1f})\n", what, lines, times.middle, times.fast,
             times.slow);
}

}  // namespace

int main(int argc, char** argv) {
  unsigned count = 400;
  CLI::App app{"accounts.map searched and parsed"};
  app.add_option("--count", count, "searches of each map")->check(CLI::Range(10u, 1000000u));
  CLI11_PARSE(app, argc, argv);
  char directory[] = "/tmp/jpki-map-bench-XXXXXX";
  require(::mkdtemp(directory) != nullptr, "mkdtemp");
  const std::string path = std::string(directory) + "/accounts.map";
  fmt::print("median of {} (a tenth each way was faster or slower)\n", count);
  for (const unsigned lines : {1u, 10000u, 100000u}) {
    std::ofstream(path, std::ios::trunc) << map_of(lines);
    std::filesystem::permissions(path, std::filesystem::perms(0600));
    const auto search = [&path] {
      const auto file = map::MapFile::open(path, ::getuid());
      const auto found = file ? file->bindings_of(kMappings) : Unexpected{file.error()};
      require(found && found->size() == 1 && found->front().account == "sato", "the search");
    };
    const auto parse = [&path, lines] {
      const auto whole = map::load_map(path, ::getuid());
      require(whole && whole->bindings.size() == lines, "the whole parse");
    };
    tell("searched", lines, time_of(count, search));
    tell("parsed", lines, time_of(std::max(10u, count / 20), parse));
  }
  std::filesystem::remove_all(directory);
  return 0;
}
