// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/program/refresh_program.h"

#include "base/directory_lock.h"
#include "base/error_text.h"

#include <cerrno>
#include <chrono>
#include <csignal>

#include <CLI/CLI.hpp>
#include <pwd.h>
#include <unistd.h>

namespace jpki::refresh_program {
namespace {

using namespace std::chrono_literals;
constexpr auto kOfflinePatience = 60s;
constexpr int kWrongUse = 2;

}  // namespace

void ignore_signals_of_writing() {
  (void)::signal(SIGXFSZ, SIG_IGN);
  (void)::signal(SIGPIPE, SIG_IGN);
}

std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv) {
  app.set_version_flag("--version", PACKAGE_STRING);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUse;
  }
  return std::nullopt;
}

Expected<gid_t, std::string> helper_group() {
  if (::geteuid() != 0) return ::getegid();
  const passwd* const user = ::getpwnam(JPKI_HELPER_USER);
  if (user == nullptr)
    return Unexpected{std::string("there is no user " JPKI_HELPER_USER "; run: systemd-sysusers")};
  return user->pw_gid;
}

Expected<UniqueFd, LockFailure> lock_for_run(const std::string& program, const std::string& directory,
                                             bool offline) {
  auto locked = lock_directory(directory, offline ? kOfflinePatience : 0s);
  if (locked) return std::move(*locked);
  if (locked.error() == EWOULDBLOCK)
    return Unexpected{LockFailure{true, 0, "another " + program + " is running; wait for it"}};
  return Unexpected{LockFailure{false, locked.error(), directory + ": " + error_text(locked.error())}};
}

}  // namespace jpki::refresh_program
