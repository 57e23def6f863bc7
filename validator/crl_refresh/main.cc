// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-crl-refresh: fetches, verifies and compiles CRLs; for a systemd timer and by hand. Exit status: 0 all
// good, 1 something was refused, 2 could not work.
#include "base/program/refresh_program.h"
#include "base/progress_bar.h"
#include "base/sandbox/confinement.h"
#include "validator/crl_refresh/refresh.h"
#include "validator/fetch/fetch_process.h"
#include "validator/trust/certificate_file.h"

#include <cstdio>
#include <cstring>

#include <CLI/CLI.hpp>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jpki::crl_refresh {
namespace {

constexpr char kProgram[] = "jpki-crl-refresh";

struct Options {
  std::string config_file;
  bool offline = false;
  bool rebuild = false;
  bool verbose = false;
};

// What a run needs before it reads the first CRL.
struct Loaded {
  config::Config config;
  trust::TrustStore anchors;
  std::vector<x509::Certificate> intermediates;
  std::vector<std::string> passed_over;  // files of intermediates that are none: the others count
  UniqueFd lock;
};

Unexpected<Report::Line> cannot(Problem problem, std::string why) {
  return Unexpected{Report::Line{problem, std::move(why)}};
}

// All files are made for the helper user's group; a process of any other user is left as it is.
Expected<Unit, Report::Line> take_on_group() {
  ::umask(0027);
  if (::geteuid() != 0) return Unit{};
  const auto group = refresh_program::helper_group();
  if (!group) return cannot(Problem::kNotSetUp, group.error());
  if (::setgroups(0, nullptr) != 0 || ::setgid(*group) != 0)
    return cannot(Problem::kNotSetUp, std::string("group " JPKI_HELPER_USER ": ") + std::strerror(errno));
  return Unit{};
}

std::string next_step(const std::string& directory, int error) {
  if (error == EROFS)
    return "; if systemd runs this, add the directory: systemctl edit jpki-crl-refresh.service, [Service] "
           "ReadWritePaths=" +
           directory;
  return "; run as root: install -d -m 0750 -g " JPKI_HELPER_USER " " + directory;
}

Expected<UniqueFd, Report::Line> lock(const std::string& directory, const Options& options) {
  auto locked = refresh_program::lock_for_run(kProgram, directory, options.offline);
  if (locked) return std::move(*locked);
  const refresh_program::LockFailure& failure = locked.error();
  if (failure.busy) return cannot(Problem::kBusy, failure.text);
  return cannot(Problem::kNotSetUp, failure.text + next_step(directory, failure.error));
}

Expected<Loaded, Report::Line> load(const Options& options) {
  const auto file = options.config_file.empty() ? config::kDefaultConfigFile : options.config_file;
  auto config = config::load_config(file);
  if (!config) return cannot(Problem::kNotSetUp, config.error());
  auto anchors = trust::load_trust_store(config->anchors_directory);
  if (!anchors) return cannot(Problem::kNotSetUp, anchors.error());
  std::vector<std::string> passed_over;
  auto intermediates = trust::load_intermediates(config->intermediates_directory, passed_over);
  auto locked = lock(config->crl_directory, options);
  if (!locked) return Unexpected{locked.error()};
  return Loaded{std::move(*config), std::move(*anchors), std::move(intermediates), std::move(passed_over),
                std::move(*locked)};
}

Setup setup_of(const Loaded& loaded, const Options& options) {
  crl::CrlPolicy policy;
  policy.max_age = loaded.config.crl_max_age;
  policy.clock_skew = loaded.config.clock_skew;
  const JudgeRules rules{
      {loaded.anchors, loaded.intermediates, policy.algorithms}, policy, SystemClock().now()};
  return {loaded.config.crl_directory,
          loaded.config.crl_index_file,
          loaded.config.crl_downloads,
          rules,
          {},
          options.rebuild};
}

const char* fetch_program(const config::Config& config) {
  std::vector<std::string> urls;
  for (const config::CrlDownload& download : config.crl_downloads)
    urls.insert(urls.end(), download.urls.begin(), download.urls.end());
  return fetch::fetch_program_for(urls, false, config.fetch, config::configured_urls(config));
}

// CRLs come from anybody: what decodes them can change the CRL directory and the index, and nothing else.
sandbox::Confinement confinement_of(const config::Config& config) {
  sandbox::Confinement confinement{.helpers = true, .max_file_size = crl::kMaxIndexSize};
  const std::string& index = config.crl_index_file;
  confinement.writable = {config.crl_directory, index.substr(0, std::max<std::size_t>(index.rfind('/'), 1))};
  return confinement;
}

void print(const Report& report, const Options& options) {
  for (const auto& line : report.problems) std::fprintf(stderr, "%s: %s\n", kProgram, to_line(line).c_str());
  if (!options.verbose) return;
  for (const auto& remark : report.remarks) std::printf("%s\n", remark.c_str());
  std::printf("%zu compiled, %zu unchanged, %s\n", report.compiled, report.unchanged,
              report.written ? "new index written" : "index as it was");
}

Report run(const Options& options) {
  Report report;
  if (auto group = take_on_group(); !group) {
    report.problems.push_back(group.error());
    return report;
  }
  const auto loaded = load(options);
  if (!loaded) {
    report.problems.push_back(loaded.error());
    return report;
  }
  std::optional<fetch::FetchProcess> fetcher;
  if (!options.offline && !loaded->config.crl_downloads.empty())
    fetcher.emplace(options.config_file, fetch_program(loaded->config));
  ProgressBar bar(STDERR_FILENO);
  if (auto confined = sandbox::confine(confinement_of(loaded->config)); !confined) {
    report.add(Problem::kNotSetUp, confined.error());
    return report;
  }
  report =
      refresh(setup_of(*loaded, options), fetcher ? &*fetcher : nullptr,
              [&](const auto& step, std::size_t done, std::size_t total) { bar.show(step, done, total); });
  for (const std::string& file : loaded->passed_over) report.add(Problem::kNotReadable, file);
  return report;
}

int main_of(int argc, char** argv) {
  refresh_program::ignore_signals_of_writing();
  Options options;
  CLI::App app("Fetches, verifies and compiles the CRLs of jpki.toml.", kProgram);
  app.add_option("--config", options.config_file, "configuration file, absolute");
  app.add_flag("--offline", options.offline, "fetch nothing; compile the files in the directory of CRLs");
  app.add_flag("--rebuild", options.rebuild, "compile everything again, from the files alone");
  app.add_flag("-v,--verbose", options.verbose, "also report what was done");
  if (const auto status = refresh_program::parse_command_line(app, argc, argv)) return *status;
  const Report report = run(options);
  print(report, options);
  return exit_status(report);
}

}  // namespace
}  // namespace jpki::crl_refresh

int main(int argc, char** argv) {
  return jpki::crl_refresh::main_of(argc, argv);
}
