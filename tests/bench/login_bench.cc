// SPDX-License-Identifier: LGPL-2.1-or-later
//
// login_bench: the time of pam_start + pam_authenticate + pam_end, again and again: each in a process of its
// own, as login(1), su(1) and sudo(8) live, or all in one process, as a screen locker lives. Several services
// are interleaved in the same loop, so that all see the same machine. Also the leak test of the module: every
// login must succeed and no descriptor may stay open.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <security/pam_appl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

struct Options {
  std::vector<std::string> services;
  std::string user;
  std::string pin;
  unsigned count = 50;
  bool one_process = false;
};

struct Series {
  std::string service;
  std::vector<double> milliseconds;
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

// The PAM code of one login.
int log_in(const std::string& service, Options& options) {
  const pam_conv conversation{.conv = answer, .appdata_ptr = &options.pin};
  pam_handle_t* handle = nullptr;
  int code = pam_start(service.c_str(), options.user.c_str(), &conversation, &handle);
  if (code != PAM_SUCCESS) return code;
  code = pam_authenticate(handle, 0);
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

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// False at the first login that fails.
bool measure(std::vector<Series>& all, Options& options) {
  for (unsigned round = 0; round < options.count; ++round) {
    for (Series& series : all) {
      const auto begin = std::chrono::steady_clock::now();
      const int code = options.one_process ? log_in(series.service, options)
                                           : log_in_as_new_process(series.service, options);
      const Milliseconds taken = std::chrono::steady_clock::now() - begin;
      if (code != PAM_SUCCESS) {
        fmt::print(stderr, "{}: login {} failed: PAM code {}\n", series.service, round + 1, code);
        return false;
      }
      series.milliseconds.push_back(taken.count());
    }
  }
  return true;
}

void report(const std::vector<Series>& all, const Options& options) {
  fmt::print("{}:\n",
             options.one_process ? "all logins in one process" : "each login in a process of its own");
  for (const Series& series : all)
    fmt::print("  {}: {} logins, median {:.2f} ms, fastest {:.2f} ms\n", series.service,
               series.milliseconds.size(), median(series.milliseconds),
               std::ranges::min(series.milliseconds));
  for (std::size_t i = 1; i < all.size(); ++i)
    fmt::print("  ratio {} / {}: {:.2f}\n", all[0].service, all[i].service,
               median(all[0].milliseconds) / median(all[i].milliseconds));
}

int run(Options& options) {
  // The first login of each service loads modules and their libraries; what those keep open is no leak.
  for (const std::string& service : options.one_process ? options.services : std::vector<std::string>{}) {
    if (const int code = log_in(service, options); code != PAM_SUCCESS) {
      fmt::print(stderr, "{}: the first login failed: PAM code {}\n", service, code);
      return EXIT_FAILURE;
    }
  }
  std::vector<Series> all;
  for (const std::string& service : options.services) all.push_back({service, {}});
  const std::size_t before = open_descriptors();
  if (!measure(all, options)) return EXIT_FAILURE;
  const std::size_t after = open_descriptors();
  report(all, options);
  fmt::print("  descriptors: {} before, {} after\n", before, after);
  return after == before ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"log in again and again and tell the median time"};
  app.add_option("--service", options.services, "PAM service; repeat to compare with the first")->required();
  app.add_option("--user", options.user, "account")->required();
  app.add_option("--pin", options.pin, "PIN of the test token")->required();
  app.add_option("--count", options.count, "logins of each service")->check(CLI::Range(1u, 100000u));
  app.add_flag("--one-process", options.one_process, "all logins in this process");
  CLI11_PARSE(app, argc, argv);
  return run(options);
}
