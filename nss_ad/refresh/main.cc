// SPDX-License-Identifier: LGPL-2.1-or-later
//
// nss-ad-refresh: accounts and groups from Active Directory (or an LDIF file) for libnss_ad and the account
// rules; for a systemd timer and by hand. Exit status: 0 all good, 1 new accounts, but something in the
// directory is wrong, 2 no new accounts: those of the last run stay.
#include "base/program/refresh_program.h"
#include "base/progress_bar.h"
#include "base/sandbox/confinement.h"
#include "nss_ad/ldap/libraries.h"
#include "nss_ad/refresh/refresh.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include <CLI/CLI.hpp>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jpki::ad::refresh {
namespace {

constexpr char kProgram[] = "nss-ad-refresh";
constexpr std::uint64_t kMaxFileSize = ldap::kMaxStateSize;
constexpr std::uint64_t kMaxMemory = std::uint64_t{4} << 30;  // a million accounts take a quarter of it

struct Options {
  std::string config_file = config::kDefaultConfigFile;
  std::string directory = kDirectory;
  std::string ldif;
  bool offline = false;
  bool full = false;
  bool accept_fewer = false;
  bool status = false;
  bool verbose = false;
};

Unexpected<Line> cannot(Problem problem, std::string why) {
  return Unexpected{Line{static_cast<std::uint16_t>(problem), std::move(why)}};
}

Expected<UniqueFd, Line> lock(const Options& options) {
  auto locked = refresh_program::lock_for_run(kProgram, options.directory, options.offline);
  if (locked) return std::move(*locked);
  if (locked.error().busy) return cannot(Problem::kBusy, locked.error().text);
  return cannot(Problem::kNotSetUp,
                locked.error().text + "; run as root: install -d -m 0755 " + options.directory);
}

Expected<Setup, Line> set_up(const Options& options, Time now) {
  const auto group = refresh_program::helper_group();  // may read account states and bindings
  if (!group) return cannot(Problem::kNotSetUp, group.error());
  auto config = config::load_ad_config(options.config_file);
  if (!config) return cannot(Problem::kNotSetUp, config.error().text);
  auto local = read_local_accounts();
  if (!local) return cannot(Problem::kNotSetUp, local.error());
  Setup setup;
  setup.config = std::move(*config);
  setup.destination = {options.directory, *group, ::getegid()};
  setup.local = std::move(*local);
  if (!options.ldif.empty()) {
    auto content = read_trusted_file(options.ldif, kFiles);
    if (!content) return cannot(Problem::kLdif, content.error().text);
    setup.ldif = LdifFile{options.ldif, std::move(*content)};
  } else if (!options.offline) {
    setup.credentials = ldap::Credentials::read(setup.config.directory);
  }
  setup.full = options.full;
  setup.accept_fewer = options.accept_fewer;
  setup.now = now;
  return setup;
}

// Without capabilities a file can only be given to a group that one is in. A process of any other user is
// left as it is, and so is one whose starter (its unit) gave it the group.
Expected<Unit, Line> join(gid_t group) {
  if (::geteuid() != 0 || ::group_member(group) != 0) return Unit{};
  if (::setgroups(1, &group) == 0) return Unit{};
  return cannot(Problem::kNotSetUp, std::string("group " JPKI_HELPER_USER ": ") + std::strerror(errno));
}

// What a controller or an LDIF file says can change the files of `directory`, and nothing else.
Expected<Unit, Line> confine(const Setup& setup) {
  if (auto joined = join(setup.destination.restricted_group); !joined) return joined;
  sandbox::Confinement confinement{.max_file_size = kMaxFileSize, .max_memory = kMaxMemory};
  confinement.writable = {setup.destination.directory};
  if (setup.credentials) {
    ldap::load_plugins();
    confinement.internet_sockets = confinement.threads = true;
    confinement.readable = ldap::files_of_connections(setup.config.directory);
  }
  if (auto confined = sandbox::confine(confinement); !confined)
    return cannot(Problem::kNotSetUp, confined.error());
  return Unit{};
}

std::uint32_t random_below(std::uint32_t bound) {
  static std::random_device device;
  return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(device);
}

Report run(const Options& options, Time now) {
  Report report;
  const auto locked = lock(options);
  if (!locked) {
    report.problems.push_back(locked.error());
    return report;
  }
  const auto setup = set_up(options, now);
  if (!setup) {
    report.problems.push_back(setup.error());
    return report;
  }
  ProgressBar bar(STDERR_FILENO);
  if (const auto confined = confine(*setup); !confined) {
    report.problems.push_back(confined.error());
    return report;
  }
  return refresh(*setup, &random_below,
                 [&](const auto& step, std::size_t done, std::size_t total) { bar.show(step, done, total); });
}

void print(const Report& report, const Options& options, Time now) {
  for (const Line& line : report.problems) std::fprintf(stderr, "%s: %s\n", kProgram, to_line(line).c_str());
  if (!report.written)
    std::fprintf(stderr, "%s: %s\n", kProgram, age_of_snapshot(options.directory, now).c_str());
  if (!options.verbose) return;
  for (const auto& remark : report.remarks) std::printf("%s\n", remark.c_str());
}

// What libraries would take from the environment is said here, by ad.toml, or not at all.
void forget_environment() {
  ::clearenv();
  ::setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
  ::setenv("LDAPNOINIT", "1", 1);
}

// Its memory holds the machine's keys.
void keep_memory_private() {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int main_of(int argc, char** argv) {
  keep_memory_private();
  refresh_program::ignore_signals_of_writing();
  ::umask(0077);
  forget_environment();
  Options options;
  CLI::App app("Reads accounts and groups from Active Directory.", kProgram);
  app.add_option("--config", options.config_file, "configuration file, absolute");
  app.add_option("--directory", options.directory, "where to write the accounts");
  auto* const ldif =
      app.add_option("--from-ldif", options.ldif, "read this LDIF file instead of the directory");
  auto* const full = app.add_flag("--full", options.full, "read everything, not only what changed");
  app.add_flag("--offline", options.offline,
               "do not use the network: write the accounts again from what the last run read")
      ->excludes(ldif, full);
  app.add_flag("--accept-fewer", options.accept_fewer, "accept that most of the accounts are gone");
  app.add_flag("--status", options.status, "show how old the accounts are, and do nothing else");
  app.add_flag("-v,--verbose", options.verbose, "also report what was done");
  if (const auto status = refresh_program::parse_command_line(app, argc, argv)) return *status;
  const Time now = SystemClock().now();
  if (options.status) {
    std::printf("%s\n", age_of_snapshot(options.directory, now).c_str());
    return 0;
  }
  const Report report = run(options, now);
  print(report, options, now);
  return exit_status(report);
}

}  // namespace
}  // namespace jpki::ad::refresh

int main(int argc, char** argv) {
  return jpki::ad::refresh::main_of(argc, argv);
}
