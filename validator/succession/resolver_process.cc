// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/deadline.h"
#include "base/helper_process.h"
#include "base/safe_file.h"
#include "validator/succession/resolver.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace jpki::succession {
namespace {

constexpr int kMostRounds = 500;  // of ending what the program started
constexpr int kNapMs = 2;

Answer failed(std::string why) {
  return {Answer::Kind::kFailed, {}, std::move(why)};
}

// The pids in the kernel's list of this thread's children; orphans of the program are among them.
std::string children() {
  const UniqueFd file(::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text{};
  const ssize_t size = file.valid() ? ::read(file.get(), text.data(), text.size()) : -1;
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : std::string();
}

// A child that was not reaped keeps its pid, so nobody else is ever killed.
void end_all_children() {
  for (int round = 0; round < kMostRounds; ++round) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    const std::string list = children();
    if (list.empty()) return;
    const char* const end = list.data() + list.size();
    for (const char* at = list.data(); at < end;) {
      pid_t pid = 0;
      const auto [next, error] = std::from_chars(at, end, pid);
      if (error == std::errc() && pid > 1 && next < end) (void)::kill(pid, SIGKILL);
      at = next + 1;
    }
    ::poll(nullptr, 0, kNapMs);
  }
}

// What it writes until it closes its end; nothing in time, or too much, is a failure.
Expected<std::string, std::string> read_answer(const UniqueFd& socket, int starter, Deadline deadline) {
  std::string text;
  for (;;) {
    std::array<pollfd, 2> waits{{{socket.get(), POLLIN, 0}, {starter, POLLRDHUP, 0}}};
    const int ready = ::poll(waits.data(), waits.size(), deadline.poll_timeout());
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return Unexpected{std::string("it did not answer in time")};
    if (ready < 0) return Unexpected{std::string(std::strerror(errno))};
    if (waits[1].revents != 0) return Unexpected{std::string("nobody waits for its answer any more")};
    std::array<char, 1024> part{};
    const ssize_t size = ::recv(socket.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size <= 0) return text;  // also ECONNRESET: it left the question unread
    text.append(part.data(), static_cast<std::size_t>(size));
    if (text.size() > kMaxResolverAnswer) return Unexpected{std::string("its answer is too long")};
  }
}

Answer run(const std::string& program, const std::string& question, std::chrono::milliseconds timeout,
           int starter) {
  const Deadline deadline = Deadline::after(timeout);
  auto process = HelperProcess::start(program, {.arguments = {}, .socket_is_stdout = true});
  if (!process) return failed(program + ": " + std::strerror(process.error()));
  const UniqueFd socket = process->take_socket();
  // It fits into the socket's buffer.
  (void)::send(socket.get(), question.data(), question.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  (void)::shutdown(socket.get(), SHUT_WR);
  const auto text = read_answer(socket, starter, deadline);
  if (!text) return failed(program + ": " + text.error());
  const auto status = process->exit_status(deadline);
  if (!status) return failed(program + ": it did not end by itself, or not in time");
  if (*status != 0) return failed(program + ": exit status " + std::to_string(*status));
  Answer answer = parse_resolver_answer(*text);
  if (answer.kind == Answer::Kind::kFailed) answer.cause = program + ": " + answer.cause;
  return answer;
}

}  // namespace

std::string resolver_defect(const std::string& program, uid_t owner) {
  const auto opened = open_trusted_file(program, {.owner = owner});
  if (!opened) return opened.error().text;
  struct stat info {};
  if (::fstat(opened->get(), &info) != 0 || (info.st_mode & S_IXUSR) == 0)
    return program + ": cannot be run; run: chmod 0755 " + program;
  return {};
}

Answer ask_resolver(const std::string& program, const std::string& question,
                    std::chrono::milliseconds timeout, int starter, uid_t owner) {
  if (const std::string defect = resolver_defect(program, owner); !defect.empty()) return failed(defect);
  Answer answer = run(program, question, timeout, starter);
  end_all_children();
  return answer;
}

}  // namespace jpki::succession
