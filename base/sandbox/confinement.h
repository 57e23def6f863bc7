// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Confinement: what a process may still do once it handles bytes from a card or a network. Set after every
// library is loaded, every helper process is started and every file outside the lists below is open: a
// PKCS#11 module cannot initialise inside, and nothing can be started.
#pragma once

#include "base/expected.h"
#include "base/sandbox/private_root.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace jpki::sandbox {

struct Confinement {
  bool unix_sockets = false;  // connect to local services: pcscd
  // With any: these sockets, or directories of sockets, and those in the lists below are all that there are.
  std::vector<std::string> services = {};
  std::optional<PinnedSocket> pinned = {};  // as one of `services`
  bool internet_sockets = false;            // IPv4 and IPv6: jpki-fetch alone
  bool threads = false;                     // may be started
  bool running_threads = false;             // may be running already; they keep the files they can open
  bool helpers = false;  // processes that were started before may be ended, by the pidfd of each; no others
  // Both lists: what does not exist is left out.
  std::vector<std::string> readable = {};  // files and directories that stay readable
  std::vector<std::string> writable = {};  // directories in which files may be made, written, renamed and
                                           // removed; files that may be read and written
  std::uint64_t max_file_size = 16 << 20;  // bytes; of one file that is written
  std::uint64_t max_memory = 256 << 20;    // bytes; private and writable, mapped files do not count
};

struct Confined {
  // Empty, or why the system cannot hide the sockets that are not in `services`: without user namespaces the
  // process still reaches what its user may connect to.
  std::string other_services_reachable;
};

// From here on, for this process and all it could start: no new privileges, no capability, no exec, no
// ptrace, no socket family but those above, no file but those above, no executable memory, no core dump,
// bounded memory and file size. System calls outside the allow-list end the process (SIGSYS, told by the
// kernel's audit log); for the few that a library makes to find out whether it may, see system_calls.cc. A
// kernel without Landlock is an error as well. Metadata of files (stat(2)) stays visible.
//
// A build with AddressSanitizer only logs what the product would end for, and may open files and use memory:
// the sanitizer's own run-time needs them. No option, file or environment makes a product build do that.
Expected<Confined, std::string> confine(const Confinement& confinement);

}  // namespace jpki::sandbox
