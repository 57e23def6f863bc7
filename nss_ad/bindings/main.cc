// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-directory TICKET_FILE OWNER: answers jpkictl's questions about bindings over the socket on descriptor
// 0, until that closes. It reads ad.toml and the administrator's ticket, becomes the helper user, and only
// then speaks with the network. Wiring only.
#include "base/number.h"
#include "base/sandbox/confinement.h"
#include "base/sandbox/inheritance.h"
#include "base/sandbox/privileges.h"
#include "nss_ad/bindings/editor.h"
#include "nss_ad/config/ad_config.h"
#include "nss_ad/ldap/libraries.h"

#include <cstdlib>
#include <random>

#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::ad;
using bindings::Answer;
using bindings::End;
using bindings::Outcome;

std::uint32_t random_below(std::uint32_t bound) {
  static std::random_device device;
  return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(device);
}

bool send(const Answer& answer) {
  const auto packet = bindings::encode(answer);
  if (!packet) return true;  // a value that is too long to be a mapping string
  return ::send(STDIN_FILENO, packet->data(), packet->size(), MSG_NOSIGNAL) >= 0;
}

std::optional<bindings::Question> next_question() {
  Blob packet(bindings::kMaxPacket);
  const ssize_t size = ::recv(STDIN_FILENO, packet.data(), packet.size(), 0);
  return size > 0 ? bindings::decode_question(Bytes(packet).first(static_cast<std::size_t>(size)))
                  : std::nullopt;
}

void answer(bindings::Editor& editor, const bindings::Question& question) {
  if (const auto* change = std::get_if<bindings::Change>(&question)) {
    send(editor.change(*change));
    return;
  }
  bool listens = true;
  const End end = editor.find(std::get<bindings::Find>(question),
                              [&](const bindings::Found& found) { listens = listens && send(found); });
  send(end);
}

Expected<sandbox::Confined, std::string> confine(const ad::ldap::Settings& settings) {
  ad::ldap::load_plugins();
  sandbox::Confinement confinement{.internet_sockets = true, .threads = true};
  confinement.readable = ad::ldap::files_of_connections(settings);
  confinement.max_memory = std::uint64_t{2} << 30;  // a whole domain's bindings
  return sandbox::confine(confinement);
}

// Whatever is asked, the answer is why nothing can be.
int refuse(Outcome outcome, const std::string& why) {
  while (next_question()) send(End{outcome, {}, why});
  return 1;
}

int serve(const std::string& ticket_file, uid_t owner) {
  auto config = config::load_ad_config(config::kDefaultConfigFile);
  if (!config) return refuse(Outcome::kNotAvailable, config.error().text);
  ad::ldap::Settings& settings = config->directory;
  settings.authentication = ad::ldap::Authentication::kTicket;
  settings.ticket_file = ticket_file;
  settings.ticket_owner = owner;
  const auto credentials = ad::ldap::Credentials::read(settings);
  if (auto dropped = sandbox::drop_privileges(JPKI_HELPER_USER); !dropped)
    return refuse(Outcome::kNotAvailable, dropped.error());
  if (!credentials) return refuse(Outcome::kNoTicket, credentials.error().text);
  if (auto confined = confine(settings); !confined) return refuse(Outcome::kNotAvailable, confined.error());
  bindings::Editor editor(settings, *credentials, &random_below);
  while (const auto question = next_question()) answer(editor, *question);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  jpki::sandbox::shed_inheritance("/dev/null");
  ::setenv("LDAPNOINIT", "1", 1);
  const auto owner = jpki::whole_number<uid_t>(argc == 3 ? argv[2] : "");
  if (!owner) return 64;
  try {
    return serve(argv[1], *owner);
  } catch (...) {
    return 1;  // out of memory: the starter sees the connection close
  }
}
