// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/program_output.h"

#include "base/unique_fd.h"
#include "base/whole_transfer.h"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace jpki::ctl::doctor {
namespace {

constexpr std::size_t kMaxOutput = 1 << 20;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

std::optional<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// All until the other end closes; false: too much, or too late.
bool read_all(const UniqueFd& from, Deadline deadline, std::string& text) {
  for (;;) {
    pollfd ready{from.get(), POLLIN, 0};
    const int polled = ::poll(&ready, 1, deadline.poll_timeout());
    if (polled < 0 && errno == EINTR) continue;
    if (polled <= 0) return false;
    char part[4096];
    const ssize_t size = ::read(from.get(), part, sizeof part);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return size == 0;
    text.append(part, static_cast<std::size_t>(size));
    if (text.size() > kMaxOutput) return false;
  }
}

// Kills the child when it is `late`, and reaps it; whether it ended well.
bool reap(pid_t child, bool late) {
  if (late) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

std::optional<std::string> output_of(const std::vector<std::string>& argv) {
  auto pipe = make_pipe();
  if (!pipe) return std::nullopt;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, pipe->write.get(), 1);
  ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char language[] = "LC_ALL=C.UTF-8";
  char* environment[] = {path, language, nullptr};
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, words.front(), &actions, nullptr, words.data(), environment);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return std::nullopt;
  pipe->write.reset();
  std::string text;
  const bool whole = read_all(pipe->read, Deadline::after(kPatience), text);
  if (!reap(child, !whole)) return std::nullopt;
  return text;
}

Written in_a_child(const std::function<void(const std::function<void(const std::string&)>& write)>& work,
                   std::chrono::milliseconds patience) {
  Written written;
  auto pipe = make_pipe();
  const pid_t child = pipe ? ::fork() : -1;
  if (child < 0) return written;
  if (child == 0) {
    const int out = pipe->write.get();
    try {
      work([out](const std::string& text) {
        if (!write_all(out, as_bytes(text))) ::_exit(1);
      });
    } catch (const std::exception& error) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  pipe->write.reset();
  const bool whole = read_all(pipe->read, Deadline::after(patience), written.text);
  written.ended = reap(child, !whole) && whole;
  return written;
}

}  // namespace jpki::ctl::doctor
