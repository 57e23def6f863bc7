// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-account-live: asks the directory about one account, for jpki-account, over the socket on descriptor 0.
// It reads ad.toml and the machine's keys, becomes the helper user, and only then speaks with the network.
// Its starter decides how long it lives. Wiring only.
#include "base/sandbox/confinement.h"
#include "base/sandbox/inheritance.h"
#include "base/sandbox/privileges.h"
#include "nss_ad/config/ad_config.h"
#include "nss_ad/ldap/libraries.h"
#include "nss_ad/live/look_up.h"

#include <array>
#include <cstdlib>
#include <random>

#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::ad;

constexpr unsigned kLongestLife = 10;  // seconds; should nobody end it

std::uint32_t random_below(std::uint32_t bound) {
  static std::random_device device;
  return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(device);
}

account::Live unanswered(std::string why) {
  return {account::Live::Kind::kUnanswered, {}, std::move(why)};
}

Expected<sandbox::Confined, std::string> confine(const ad::ldap::Settings& settings) {
  ad::ldap::load_plugins();
  sandbox::Confinement confinement{.internet_sockets = true, .threads = true};
  confinement.readable = ad::ldap::files_of_connections(settings);
  return sandbox::confine(confinement);
}

std::optional<Sid> question() {
  std::array<std::uint8_t, account::kMaxLivePacket> packet{};
  const ssize_t size = ::recv(STDIN_FILENO, packet.data(), packet.size(), 0);
  return size > 0 ? account::decode_question(Bytes(packet).first(static_cast<std::size_t>(size)))
                  : std::nullopt;
}

// Nothing: nobody asks.
std::optional<account::Live> answer() {
  const auto config = config::load_ad_config(config::kDefaultConfigFile);
  if (!config) return unanswered(config.error().text);
  const auto credentials = ad::ldap::Credentials::read(config->directory);
  if (auto dropped = sandbox::drop_privileges(JPKI_HELPER_USER); !dropped) return unanswered(dropped.error());
  if (auto confined = confine(config->directory); !confined) return unanswered(confined.error());
  const auto sid = question();
  if (!sid) return std::nullopt;
  if (!credentials) return unanswered(credentials.error().text);
  return live::look_up(*sid, config->directory, *credentials, &random_below);
}

int serve() {
  const auto live = answer();
  const auto packet = live ? account::encode_answer(*live) : std::nullopt;
  return packet && ::send(STDIN_FILENO, packet->data(), packet->size(), MSG_NOSIGNAL) >= 0 ? 0 : 1;
}

}  // namespace

int main() {
  jpki::sandbox::shed_inheritance("/dev/null");
  ::setenv("LDAPNOINIT", "1", 1);
  ::alarm(kLongestLife);
  try {
    return serve();
  } catch (...) {
    return 1;  // out of memory: the starter sees the connection close
  }
}
