// SPDX-License-Identifier: LGPL-2.1-or-later
//
// In jpki-ticket's place: does what its argument says, over the socket on descriptor 0.
#include "tests/unit/validator/ticket_samples.h"
#include "validator/ticket/module/exchange.h"
#include "validator/ticket/ticket_protocol.h"

#include <string_view>

#include <sys/socket.h>
#include <unistd.h>

using namespace jpki;
using namespace jpki::ticket;

namespace {

void say(const Packet& packet) {
  const auto octets = encode_packet(packet);
  (void)!::send(STDIN_FILENO, octets->data(), octets->size(), MSG_NOSIGNAL);
}

void hang() {
  for (;;) ::pause();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 2 ? argv[1] : "";
  Blob buffer(kMaxTicketPacket);
  const ssize_t size = ::recv(STDIN_FILENO, buffer.data(), buffer.size(), 0);
  if (size <= 0) return 1;
  const auto job = decode_packet(Bytes(buffer).first(static_cast<std::size_t>(size)));
  if (!job || *job != Packet(test::sample_job())) return 1;
  if (what == "dies") return 0;
  if (what == "hangs") hang();
  if (what == "lies") say(GotTicket{{1}});  // before anybody signed
  if (what == "refused") say(NoTicket{Verdict::kTicketRefused, "a\ncause"});
  if (ask_certificate(STDIN_FILENO) != test::sample_certificate()) return 1;
  const auto signature =
      ask_signature(STDIN_FILENO, what == "sha1" ? test::sha1_digest_info() : test::digest_info(1));
  if (!signature) return 1;
  if (what == "hangs-late") hang();
  say(GotTicket{*signature});
  return 0;
}
