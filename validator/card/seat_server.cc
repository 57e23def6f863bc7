// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/seat_server.h"

#include "base/number.h"
#include "base/safe_file.h"
#include "base/unique_fd.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <linux/vm_sockets.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace jpki::card {
namespace {

constexpr std::string_view kUnix = "unix:path=";
constexpr std::string_view kVsockCid = "vsock:cid=";
constexpr std::string_view kVsockPort = ";port=";
constexpr char kVariable[] = "P11_KIT_SERVER_ADDRESS";

std::optional<std::string> path_of(const std::string& address) {
  if (!address.starts_with(kUnix)) return std::nullopt;
  std::string path = address.substr(kUnix.size());
  // p11-kit takes %XX for an octet, and ";" for an end.
  const bool plain = path.find_first_of("%;") == path.npos && path.find('\0') == path.npos;
  if (!path.starts_with('/') || !plain || path.size() >= sizeof(sockaddr_un{}.sun_path)) return std::nullopt;
  return path;
}

std::optional<sockaddr_vm> vsock_of(std::string_view address) {
  const auto port = address.find(kVsockPort);
  if (!address.starts_with(kVsockCid) || port == address.npos) return std::nullopt;
  const auto cid = whole_number<std::uint32_t>(address.substr(kVsockCid.size(), port - kVsockCid.size()));
  const auto number_of_port = whole_number<std::uint32_t>(address.substr(port + kVsockPort.size()));
  if (!cid || !number_of_port) return std::nullopt;
  sockaddr_vm out{};
  out.svm_family = AF_VSOCK;
  out.svm_cid = *cid;
  out.svm_port = *number_of_port;
  return out;
}

// errno.
int connects(const sockaddr* address, socklen_t size) {
  const UniqueFd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return errno;
  return ::connect(fd.get(), address, size) == 0 ? 0 : errno;
}

CardError unreachable(const std::string& address, const std::string& why) {
  return {Verdict::kSeatUnreachable, address + ": " + why};
}

}  // namespace

bool is_server_address(const std::string& text) {
  return path_of(text).has_value() || vsock_of(text).has_value();
}

Expected<Unit, CardError> use_server(const std::string& address) {
  int error = EINVAL;
  if (const auto path = path_of(address)) {
    if (const auto directory = TrustedDirectory::open(path->substr(0, path->rfind('/'))); !directory)
      return Unexpected{unreachable(address, directory.error().text)};
    sockaddr_un out{};
    out.sun_family = AF_UNIX;
    std::memcpy(out.sun_path, path->data(), path->size());  // the rest is zero
    error = connects(reinterpret_cast<const sockaddr*>(&out), sizeof out);
  } else if (const auto vsock = vsock_of(address)) {
    error = connects(reinterpret_cast<const sockaddr*>(&*vsock), sizeof *vsock);
  }
  if (error == 0 && ::setenv(kVariable, address.c_str(), 1) != 0) error = errno;
  if (error != 0) return Unexpected{unreachable(address, std::strerror(error))};
  return Unit{};
}

}  // namespace jpki::card
