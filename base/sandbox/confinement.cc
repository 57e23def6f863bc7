// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sandbox/confinement.h"

#include "base/error_text.h"
#include "base/sandbox/landlock.h"
#include "base/sandbox/private_root.h"
#include "base/sandbox/privileges.h"
#include "base/sandbox/sanitized.h"
#include "base/sandbox/system_calls.h"

#include <algorithm>
#include <cerrno>

#include <sched.h>
#include <sys/resource.h>

namespace jpki::sandbox {
namespace {

constexpr rlim_t kMaxDescriptors = 256;

// Landlock, no_new_privs and capabilities belong to a thread: one that runs already would keep its own.
Expected<Unit, std::string> expect_one_thread() {
  // No change for a process with one thread, EINVAL for any other; works without /proc.
  if (::unshare(CLONE_THREAD) == 0) return Unit{};
  return Unexpected{
      std::string("confinement: a library has started a thread, which would escape confinement; set "
                  "module_threads = true in [pkcs11] if the PKCS#11 module cannot do without threads")};
}

Expected<Unit, std::string> lower(__rlimit_resource resource, rlim_t value, const char* name) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) == 0) {
    limit.rlim_max = std::min(limit.rlim_max, value);
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(resource, &limit) == 0) return Unit{};
  }
  return Unexpected{std::string(name) + ": " + error_text(errno)};
}

Expected<Unit, std::string> lower_limits(const Confinement& confinement) {
  if (auto lowered = lower(RLIMIT_CORE, 0, "RLIMIT_CORE"); !lowered) return lowered;
  if (auto lowered = lower(RLIMIT_FSIZE, confinement.max_file_size, "RLIMIT_FSIZE"); !lowered) return lowered;
  if (auto lowered = lower(RLIMIT_NOFILE, kMaxDescriptors, "RLIMIT_NOFILE"); !lowered) return lowered;
  if (!confinement.threads)
    if (auto lowered = lower(RLIMIT_NPROC, 0, "RLIMIT_NPROC"); !lowered) return lowered;
  if (kSanitized) return Unit{};
  return lower(RLIMIT_DATA, confinement.max_memory, "RLIMIT_DATA");
}

// Empty, or why not.
std::string hide_services(const Confinement& confinement) {
  if ((confinement.services.empty() && !confinement.pinned) || kSanitized) return {};
  std::vector<std::string> kept = confinement.services;
  for (const auto* list : {&confinement.readable, &confinement.writable})
    kept.insert(kept.end(), list->begin(), list->end());
  // Making a network namespace costs half a millisecond, so only where Landlock cannot do the same.
  const auto entered = enter_private_root(std::move(kept), !hides_abstract_sockets(), confinement.pinned);
  return entered ? std::string() : entered.error();
}

}  // namespace

Expected<Confined, std::string> confine(const Confinement& confinement) {
  if (!confinement.running_threads)
    if (auto one = expect_one_thread(); !one) return Unexpected{one.error()};
  Confined confined{hide_services(confinement)};
  // In a user namespace of its own the capability to kill reaches nobody.
  const bool may_kill = confinement.helpers && confinement.services.empty() && !confinement.pinned;
  if (auto given_up = give_up_capabilities(may_kill); !given_up) return Unexpected{given_up.error()};
  const FileAccess files{.readable = confinement.readable,
                         .writable = confinement.writable,
                         .tcp = confinement.internet_sockets,
                         .signals = confinement.helpers};
  if (auto restricted = restrict_files(files); !restricted) return Unexpected{restricted.error()};
  if (auto lowered = lower_limits(confinement); !lowered) return Unexpected{lowered.error()};
  const auto filtered = restrict_system_calls({.unix_sockets = confinement.unix_sockets,
                                               .internet_sockets = confinement.internet_sockets,
                                               .threads = confinement.threads,
                                               .helpers = confinement.helpers,
                                               .writing = !confinement.writable.empty()});
  if (!filtered) return Unexpected{filtered.error()};
  return confined;
}

}  // namespace jpki::sandbox
