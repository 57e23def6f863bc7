// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-testpki: writes a complete test PKI into a new folder.
#include "base/time.h"
#include "testkit/pki/test_pki.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace {

using namespace jpki;
using namespace jpki::testpki;

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

// "YYYY-MM-DD" and nothing else.
std::optional<Time> parse_date(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00";
  const auto same_form = [](char form, char c) { return form == '0' ? c >= '0' && c <= '9' : c == form; };
  if (!std::equal(kForm.begin(), kForm.end(), text.begin(), text.end(), same_form)) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t size) {
    unsigned value = 0;
    for (const char digit : text.substr(at, size)) value = value * 10 + static_cast<unsigned>(digit - '0');
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(number(0, 4))),
                                         std::chrono::month(number(5, 2)), std::chrono::day(number(8, 2))};
  if (!date.ok() || date.year() < std::chrono::year(2000) || date.year() > std::chrono::year(2100)) {
    return std::nullopt;
  }
  return Time{std::chrono::sys_days(date)};
}

void print_table(const TestPki& pki, const std::string& directory) {
  for (const Member& member : pki.members) fmt::print("  {:<17} {}\n", member.name, member.purpose);
  fmt::print("{} cards, {} files in {}\n", pki.members.size(), pki.files.size(), directory);
}

int run(const std::string& directory, const Settings& settings) {
  if (const auto usable = check_output_directory(directory); !usable) {
    fmt::print(stderr, "jpki-testpki: {}\n", usable.error());
    return kExitFailed;
  }
  const TestPki pki = make_test_pki(settings);
  if (const auto written = write_tree(pki.files, directory); !written) {
    fmt::print(stderr, "jpki-testpki: {}\n", written.error());
    return kExitFailed;
  }
  print_table(pki, directory);
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  Settings settings{.seed = "jpki-test", .date = {}, .ocsp_url = "http://127.0.0.1:8560/ocsp"};
  std::string directory;
  std::optional<std::string> date;
  CLI::App app(
      "Makes a test PKI of JPKI and LGPKI certificates, CRLs and trust anchors, for tests and rehearsals.\n"
      "The same seed and date give the same files. Anyone who knows the seed has every key.");
  app.set_version_flag("--version", PACKAGE_STRING);
  app.add_option("--seed", settings.seed, "text from which every key and serial number is derived")
      ->capture_default_str();
  app.add_option("--date", date, "YYYY-MM-DD, the day on which you will use it (default: today, UTC)");
  app.add_option("--out", directory, "folder to write; must not exist, or be empty")->required();
  app.add_option("--ocsp-url", settings.ocsp_url, "in the AIA of JPKI certificates")->capture_default_str();
  app.add_option("--people", settings.people,
                 "so many good cards more, person-01 and so on, for a department")
      ->type_name("N")
      ->check(CLI::Range(0U, 999U));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  const std::optional<Time> day =
      date ? parse_date(*date) : std::chrono::floor<std::chrono::days>(SystemClock().now());
  if (!day) {
    fmt::print(stderr, "jpki-testpki: --date {}: not a day between 2000-01-01 and 2100-12-31\n", *date);
    return kExitUsage;
  }
  settings.date = *day;
  return run(directory, settings);
} catch (const std::exception& error) {
  static_cast<void>(std::fprintf(stderr, "jpki-testpki: %s\n", error.what()));
  return kExitFailed;
}
