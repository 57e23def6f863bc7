// SPDX-License-Identifier: LGPL-2.1-or-later
//
// HelperProcess: another program of this product, started for one piece of work, gone when this object is.
//
// The child gets a socket as descriptor 0 (and 1, where that is asked for), /dev/null as 1 and 2 and nothing
// else: no environment, no signal mask, no ignored signals, no controlling terminal (its own session), "/" as
// working directory. It is known by a pidfd, so a host that reaps children itself (SIGCHLD handler, SIG_IGN)
// can neither confuse nor endanger anybody: we never signal a process that might not be ours any more.
#pragma once

#include "base/deadline.h"
#include "base/expected.h"
#include "base/unique_fd.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <sys/types.h>

namespace jpki {

class HelperProcess {
 public:
  struct Options {
    std::vector<std::string> arguments;  // after the program's own name
    int socket_type = SOCK_STREAM;
    bool socket_is_stdout = false;  // descriptor 1 too: for a program that answers there
  };

  // Starts the program `path`. The error is an errno value; then no process is left.
  static Expected<HelperProcess, int> start(const std::string& path, const Options& options);

  HelperProcess(HelperProcess&& other) noexcept;
  HelperProcess& operator=(HelperProcess&&) = delete;

  // Kills what has not ended, and reaps.
  ~HelperProcess();

  // Our end of the socket, at a descriptor above 2; to be called once.
  UniqueFd take_socket() noexcept { return std::move(socket_); }

  // Kills what has not ended, and reaps: it has written its last byte anywhere. A process that this one may
  // not kill (it has kept privileges that this one gave up) is left to find its socket closed.
  void kill() noexcept;

  // Waits for the end and reaps; false when the process is still there at the deadline.
  bool wait(Deadline deadline) noexcept;

  // The signal that ended the process; nothing while it runs, when it ended by itself, or when the host
  // reaped it.
  std::optional<int> signal() const noexcept { return signal_; }

  // wait(), and the status with which it ended by itself; nothing when it did not.
  std::optional<int> exit_status(Deadline deadline) noexcept {
    return wait(deadline) ? exit_status_ : std::nullopt;
  }

 private:
  HelperProcess(UniqueFd socket, pid_t pid, UniqueFd pidfd) noexcept
      : socket_(std::move(socket)), pidfd_(std::move(pidfd)), pid_(pid) {}

  // Whether the process is gone: reaped by this call (not with WNOWAIT in `flags`) or by the host.
  bool look(int flags) noexcept;

  UniqueFd socket_;
  UniqueFd pidfd_;
  pid_t pid_;  // 0 once the process is gone
  std::optional<int> signal_;
  std::optional<int> exit_status_;
};

// The next packet of a SOCK_SEQPACKET helper: its size; 0: the helper is gone; nothing: no packet in time.
std::optional<std::size_t> receive_packet(const UniqueFd& socket, std::span<std::uint8_t> packet,
                                          Deadline deadline) noexcept;

}  // namespace jpki
