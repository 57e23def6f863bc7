// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-fetch and jpki-fetch-curl: fetch documents for who started them, over the socket on descriptor 0
// (fetch_protocol.h), from the hosts that jpki.toml names. They differ in their make_network(). Wiring only.
#include "base/safe_file.h"
#include "base/sandbox/confinement.h"
#include "base/sandbox/inheritance.h"
#include "base/sandbox/privileges.h"
#include "validator/config/config.h"
#include "validator/fetch/fetch_protocol.h"
#include "validator/fetch/program/fetch_server.h"

#include <cstdio>
#include <cstdlib>

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace jpki;

constexpr char kUsage[] =
    "jpki-fetch is started by the programs that need documents from the network. What it may connect to is "
    "in "
    "[fetch] of jpki.toml.\n";

bool is_packet_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

fetch::Site site_of(const config::Config& config) {
  fetch::Site site;
  site.rules = config.fetch;
  site.configured_urls = config::configured_urls(config);
  for (const auto& [name, file] : site.rules.tls_trust)
    if (const auto opened = open_trusted_file(file); !opened)
      site.tls_problems.emplace(name, opened.error().text);
  return site;
}

// Name look-ups and TLS anchors; documents are written to files that arrive open.
sandbox::Confinement confinement_of(const fetch::Site& site) {
  sandbox::Confinement confinement{
      .internet_sockets = true, .threads = true, .max_file_size = fetch::kMaxDocument};
  confinement.readable = {"/etc/resolv.conf", "/etc/hosts",     "/etc/nsswitch.conf",
                          "/etc/gai.conf",    "/etc/host.conf", "/etc/services"};
  for (const auto& [name, file] : site.rules.tls_trust) confinement.readable.push_back(file);
  return confinement;
}

Expected<fetch::Ready, std::string> set_up(const std::string& config_file) {
  if (auto dropped = sandbox::drop_privileges(JPKI_HELPER_USER); !dropped)
    return Unexpected{"jpki-fetch: " + dropped.error()};
  const auto config = config::load_config(config_file.empty() ? config::kDefaultConfigFile : config_file);
  if (!config) return Unexpected{config.error()};
  auto network = fetch::make_network();
  if (!network) return Unexpected{network.error()};
  fetch::Site site = site_of(*config);
  if (auto confined = sandbox::confine(confinement_of(site)); !confined)
    return Unexpected{"jpki-fetch: " + confined.error()};
  return fetch::Ready{std::move(site), std::move(*network)};
}

// There is a thread for each name that is looked up, and memory is bounded.
bool bound_threads() {
  constexpr std::size_t kStack = 512 * 1024;
  pthread_attr_t small;
  return ::pthread_attr_init(&small) == 0 && ::pthread_attr_setstacksize(&small, kStack) == 0 &&
         ::pthread_setattr_default_np(&small) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  // A document beyond the limit is an error of its request.
  sandbox::shed_inheritance("/dev/null", fetch::kMaxDocument);
  if (!bound_threads()) return 1;
  if (argc != 2 || !is_packet_socket(STDIN_FILENO)) {
    const bool asked = argc == 2 && std::string_view(argv[1]) == "--help";
    std::fputs(kUsage, asked ? stdout : stderr);
    return asked ? 0 : 2;
  }
  try {
    fetch::FetchServer(UniqueFd(STDIN_FILENO), set_up(argv[1])).run();
  } catch (...) {
    ::_exit(1);  // out of memory: the starter sees the socket close
  }
  ::_exit(0);  // does not wait for threads that wait for a name server
}
