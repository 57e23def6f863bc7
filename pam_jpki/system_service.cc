// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/system_service.h"

#include "base/error_text.h"
#include "base/local_socket.h"

#include <string>

#include <unistd.h>

namespace jpki::pam {
namespace {

constexpr uid_t kRoot = 0;
constexpr std::chrono::milliseconds kConnectPatience{3000};

}  // namespace

bool host_has_root() noexcept {
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  return ::getresuid(&real, &effective, &saved) == 0 &&
         (real == kRoot || effective == kRoot || saved == kRoot);
}

std::optional<UniqueFd> connect_to_helper(const char* path, int type, const char* unit, const Log& log) {
  auto socket = connect_to_service(path, type, kRoot, kConnectPatience);
  if (socket) return std::move(*socket);
  log.write(LogLevel::kWarning, std::string("this program runs as the user and needs ") + unit +
                                    ", which cannot be used: " + path + ": " + error_text(socket.error()) +
                                    "; run: systemctl enable --now " + unit);
  return std::nullopt;
}

}  // namespace jpki::pam
