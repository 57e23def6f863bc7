// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/module_probe.h"

#include "base/deadline.h"
#include "base/unique_fd.h"
#include "validator/card/seat_server.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace jpki::card {
namespace {

constexpr std::size_t kMaxText = 512;  // written at once: less than PIPE_BUF

// Ends the process. Of what it inherited a module gets nothing that its parent uses.
[[noreturn]] void run(const Trial& trial, int report, pid_t parent) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  if (const int nothing = ::open("/dev/null", O_RDWR); nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  std::string text;
  if (auto why = trial()) text = std::move(*why);
  text = '\n' + text.substr(0, kMaxText);  // something is told in any case
  (void)!::write(report, text.data(), text.size());
  ::_exit(0);
}

class Child {
 public:
  // Without a process when there can be none.
  explicit Child(const Trial& trial) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
    report_ = UniqueFd(ends[0]);
    const UniqueFd writing(ends[1]);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) run(trial, writing.get(), parent);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { (void)end(); }

  // Why the trial failed.
  std::optional<std::string> result(const Deadline& deadline) {
    if (pid_ < 0) return std::string("cannot be tried: ") + std::strerror(EAGAIN);
    std::array<char, kMaxText + 1> text{};
    pollfd readable{report_.get(), POLLIN, 0};
    int ready = -1;
    do {
      ready = ::poll(&readable, 1, deadline.poll_timeout());
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) return "does not answer";
    const ssize_t size = ::read(report_.get(), text.data(), text.size());
    if (size > 1) return std::string(text.data() + 1, static_cast<std::size_t>(size) - 1);
    const int status = end();
    if (size == 1) return std::nullopt;
    const char* const name = WIFSIGNALED(status) ? ::sigabbrev_np(WTERMSIG(status)) : nullptr;
    return name != nullptr ? std::string("crashes with the signal SIG") + name
                           : "ends the process that loads it";
  }

 private:
  // Of waitpid(2).
  int end() {
    int status = 0;
    if (pid_ <= 0) return status;
    // Who has told all exits by itself, so a signal that is seen is the module's.
    if (::waitpid(pid_, &status, WNOHANG) != pid_) {
      ::kill(pid_, SIGKILL);
      while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    }
    pid_ = -1;
    return status;
  }

  UniqueFd report_;
  pid_t pid_ = -1;
};

std::optional<std::string> try_module(const std::string& name, bool ask_slots) {
  auto module = Pkcs11Module::load(name);
  if (!module) return module.error().cause;
  if (!ask_slots) return std::nullopt;
  if (const auto slots = module->slots(false)) {
    CK_SLOT_INFO info{};
    for (const CK_SLOT_ID slot : *slots) (void)module->functions().C_GetSlotInfo(slot, &info);
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::optional<std::string>> try_in_children(const std::vector<Trial>& trials,
                                                        std::chrono::milliseconds patience) {
  const Deadline deadline = Deadline::after(patience);
  std::vector<std::unique_ptr<Child>> children;
  for (const Trial& trial : trials) children.push_back(std::make_unique<Child>(trial));
  std::vector<std::optional<std::string>> results;
  for (const auto& child : children) results.push_back(child->result(deadline));
  return results;
}

bool is_foreign(const std::string& name) {
  const std::string file = name.substr(name.rfind('/') + 1);
  return file != "opensc-pkcs11.so" && file != kOwnModule && file != kServerModule;
}

std::vector<std::optional<CardError>> probe_modules(const std::vector<std::string>& names,
                                                    std::chrono::milliseconds patience, bool slots) {
  std::vector<Trial> trials;
  for (const std::string& name : names)
    trials.emplace_back([&name, slots] { return try_module(name, slots); });
  std::vector<std::optional<CardError>> errors;
  for (auto& why : try_in_children(trials, patience)) {
    const std::string& name = names[errors.size()];
    if (!why) {
      errors.emplace_back();
    } else {
      const bool named = why->starts_with(name);
      errors.emplace_back(CardError{Verdict::kModuleUnusable, named ? std::move(*why) : name + ": " + *why});
    }
  }
  return errors;
}

}  // namespace jpki::card
