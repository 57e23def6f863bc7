// SPDX-License-Identifier: LGPL-2.1-or-later
//
// map_bench: what accounts.map costs a login: opened and searched for one certificate's three strings, beside
// reading and parsing all of it. The certificate's own line is the last one.
#include "tests/bench/side_by_side.h"
#include "validator/map/whole_map.h"

#include <filesystem>
#include <fstream>
#include <random>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::bench;

constexpr unsigned kTown = 10'000;
constexpr unsigned kPrefecture = 100'000;
constexpr double kGoalMicroseconds = 1000;

const std::vector<std::string> kMappings = {
    "X509:<I>c=JP,o=JPKI,ou=JPKI for user authentication,ou=Example<SR>0302018f",
    "X509:<SKI>93f19e5b1cbeeb18fc3b8e77cefa1ad6daa7a367",
    "X509:<SHA1-PUKEY>0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"};

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

// One side for each size of the map, whose file it makes.
Side search_in(const std::string& path, unsigned lines) {
  std::ofstream(path, std::ios::trunc) << map_of(lines);
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  return {fmt::format("searched, {} lines", lines), [path] {
            const Stopwatch watch;
            const auto file = map::MapFile::open(path, ::getuid());
            const auto found = file ? file->bindings_of(kMappings) : Unexpected{file.error()};
            require(found && found->size() == 1 && found->front().account == "sato", "the search");
            return watch.elapsed();
          }};
}

Side parse_of(const std::string& path, unsigned lines) {
  return {fmt::format("parsed, {} lines", lines), [path, lines] {
            const Stopwatch watch;
            const auto whole = map::load_map(path, ::getuid());
            require(whole && whole->bindings.size() == lines, "the whole parse");
            return watch.elapsed();
          }};
}

}  // namespace

int main(int argc, char** argv) {
  unsigned rounds = 100;
  CLI::App app{"accounts.map searched and parsed"};
  app.add_option("--rounds", rounds, "rounds, each with every size")->check(CLI::Range(6u, 1000000u));
  CLI11_PARSE(app, argc, argv);
  char directory[] = "/tmp/jpki-map-bench-XXXXXX";
  require(::mkdtemp(directory) != nullptr, "mkdtemp");
  const auto file = [&directory](unsigned lines) { return fmt::format("{}/{}.map", directory, lines); };
  const std::vector<Side> sides = {search_in(file(1), 1), search_in(file(kTown), kTown),
                                   search_in(file(kPrefecture), kPrefecture),
                                   parse_of(file(kPrefecture), kPrefecture)};
  const auto costs = in_turns(sides, rounds);
  print(sides, costs, "us", 1);
  Goals goals;
  for (const std::size_t size : {1u, 2u})
    goals.at_most(sides[size].name + ", more than 1 line", excess(costs[size], costs[0], &Cost::cpu),
                  kGoalMicroseconds, 0, " us");
  std::filesystem::remove_all(directory);
  return goals.exit_status();
}
