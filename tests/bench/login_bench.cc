// SPDX-License-Identifier: LGPL-2.1-or-later
//
// login_bench: the time of pam_start + pam_authenticate + pam_end, again and again: each in a process of its
// own, as login(1), su(1) and sudo(8) live, or all in one process, as a screen locker lives. Several services
// are interleaved in the same loop, so that all see the same machine. Also the leak test of the module: every
// login must succeed and no descriptor may stay open. With --session each login also opens and closes a
// session, of which logind's file tells what pam_systemd(8) would have made logind write.
#include "tests/bench/side_by_side.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace jpki::bench;

struct Options {
  std::vector<std::string> services;
  std::vector<double> goals;
  std::vector<double> more_goals;
  std::string user;
  std::string pin;
  unsigned count = 50;
  bool one_process = false;
  bool session = false;
};

// Answers every hidden prompt with the PIN and shows what the module says only when asked to.
int answer(int count, const pam_message** messages, pam_response** responses, void* data) {
  const auto& pin = *static_cast<const std::string*>(data);
  auto* const answers =
      static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  if (answers == nullptr) return PAM_BUF_ERR;
  for (int i = 0; i < count; ++i) {
    if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF) answers[i].resp = strdup(pin.c_str());
    if (messages[i]->msg_style == PAM_ERROR_MSG) fmt::print(stderr, "{}\n", messages[i]->msg);
  }
  *responses = answers;
  return PAM_SUCCESS;
}

constexpr char kSession[] = "c7";

// logind has begun a session of this process.
void begin_session(pam_handle_t* handle, const std::string& user) {
  const passwd* const account = ::getpwnam(user.c_str());
  require(account != nullptr, user.c_str());
  const std::string path = std::string("/run/systemd/sessions/") + kSession;
  std::ofstream(path) << fmt::format(
      "UID={}\nUSER={}\nACTIVE=1\nSTATE=active\nREMOTE=0\nSEAT=seat0\nTTY=tty7\nTYPE=x11\n"
      "SERVICE=login\nCLASS=user\nLEADER={}\nMONOTONIC=77\n",
      account->pw_uid, user, ::getpid());
  require(::pam_putenv(handle, fmt::format("XDG_SESSION_ID={}", kSession).c_str()) == PAM_SUCCESS,
          "pam_putenv");
}

int open_and_close(pam_handle_t* handle, const std::string& user) {
  begin_session(handle, user);
  const int code = pam_open_session(handle, 0);
  return code != PAM_SUCCESS ? code : pam_close_session(handle, 0);
}

// The PAM code of one login.
int log_in(const std::string& service, Options& options) {
  const pam_conv conversation{.conv = answer, .appdata_ptr = &options.pin};
  pam_handle_t* handle = nullptr;
  int code = pam_start(service.c_str(), options.user.c_str(), &conversation, &handle);
  if (code != PAM_SUCCESS) return code;
  // As login(1) and su(1) tell it; a host that tells nothing has nobody who could be asked.
  code = pam_set_item(handle, PAM_TTY, "pts/bench");
  if (code == PAM_SUCCESS) code = pam_authenticate(handle, 0);
  if (code == PAM_SUCCESS && options.session) code = open_and_close(handle, options.user);
  const int end = pam_end(handle, code);
  return code != PAM_SUCCESS ? code : end;
}

// The same in a process of its own, which loads every library anew.
int log_in_as_new_process(const std::string& service, Options& options) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(log_in(service, options));
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return PAM_SYSTEM_ERR;
  return WEXITSTATUS(status);
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator entries("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

// Orphans of a login that has ended, which this process adopts.
void reap_orphans() {
  while (::waitpid(-1, nullptr, 0) > 0) {
  }
}

// The wall time ends with the login; the CPU time is that of all its processes, orphans as well.
Cost measure(const std::string& service, Options& options) {
  const Stopwatch watch;
  const int code = options.one_process ? log_in(service, options) : log_in_as_new_process(service, options);
  Cost cost = watch.elapsed();
  reap_orphans();
  cost.cpu = watch.elapsed().cpu;
  if (code == PAM_SUCCESS) return cost;
  fmt::print(stderr, "{}: a login failed: PAM code {}\n", service, code);
  std::exit(2);
}

Median in_milliseconds(const Median& of) {
  return {of.value / 1000, of.low / 1000, of.high / 1000};
}

int report(const std::vector<Side>& sides, const std::vector<Costs>& costs, const Options& options) {
  fmt::print("{}:\n",
             options.one_process ? "all logins in one process" : "each login in a process of its own");
  print(sides, costs, "ms", 1000);
  Goals goals;
  for (std::size_t i = 1; i < sides.size(); ++i) {
    const std::string name = fmt::format("{} / {}", sides[i].name, sides[0].name);
    print_ratio(name, costs[i], costs[0]);
    if (i <= options.more_goals.size()) {
      const std::string more = fmt::format("{} more than {}", sides[i].name, sides[0].name);
      for (const auto& [kind, what] : {std::pair{&Cost::cpu, "CPU"}, std::pair{&Cost::wall, "wall"}})
        goals.at_most(fmt::format("{}, {} time", more, what),
                      in_milliseconds(excess(costs[i], costs[0], kind)), options.more_goals[i - 1], 2, " ms");
    }
    if (i > options.goals.size()) continue;
    const double goal = options.goals[i - 1];
    goals.at_most(name + ", CPU time", ratio(costs[i], costs[0], &Cost::cpu), goal);
    goals.at_most(name + ", wall time", ratio(costs[i], costs[0], &Cost::wall), goal);
  }
  return goals.exit_status();
}

int run(Options& options) {
  require(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "prctl");
  std::vector<Side> sides;
  for (const std::string& service : options.services) {
    sides.push_back({service, [&options, service] { return measure(service, options); }});
    // The first login in a process loads modules and their libraries; what those keep open is no leak.
    if (options.one_process) measure(service, options);
  }
  const std::size_t before = open_descriptors();
  const auto costs = in_turns(sides, options.count);
  const std::size_t after = open_descriptors();
  const int status = report(sides, costs, options);
  fmt::print("  descriptors: {} before, {} after\n", before, after);
  return after == before ? status : 2;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"log in again and again and tell the median time"};
  app.add_option("--service", options.services, "PAM service; repeat to compare with the first")->required();
  app.add_option("--goal", options.goals,
                 "the most that the second service, the third … may cost of the first");
  app.add_option("--more-goal", options.more_goals, "so many ms more than the first it may cost");
  app.add_flag("--session", options.session, "open and close a session, too");
  app.add_option("--user", options.user, "account")->required();
  app.add_option("--pin", options.pin, "PIN of the test token")->required();
  app.add_option("--count", options.count, "logins of each service")->check(CLI::Range(1u, 100000u));
  app.add_flag("--one-process", options.one_process, "all logins in this process");
  CLI11_PARSE(app, argc, argv);
  return run(options);
}
