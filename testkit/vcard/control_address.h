// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ControlAddress: the socket address of a path, for both ends of the control socket.
#pragma once

#include <cstring>
#include <optional>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>

namespace jpki::vcard {

class ControlAddress {
 public:
  // Nothing when the path is empty or longer than sun_path.
  static std::optional<ControlAddress> of(const std::string& path) {
    ControlAddress address;
    if (path.empty() || path.size() >= sizeof address.address_.sun_path) return std::nullopt;
    address.address_.sun_family = AF_UNIX;
    std::memcpy(address.address_.sun_path, path.c_str(), path.size() + 1);
    return address;
  }

  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&address_); }
  socklen_t size() const noexcept { return sizeof address_; }

 private:
  sockaddr_un address_{};
};

}  // namespace jpki::vcard
