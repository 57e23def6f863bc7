// SPDX-License-Identifier: LGPL-2.1-or-later
//
// In the place of `jpki-ticket --keep`: keeps a ticket of an even number of octets in a cache that tells
// whose it is and how long; the others it cannot keep.
#include "base/program/one_packet.h"
#include "base/ticket_keeping.h"

#include <string_view>

namespace {

using namespace jpki;

TicketKept keep(const KeepTicket& question) {
  const std::size_t size = question.ticket.size();
  if (size % 2 != 0) return {{}, "odd"};
  return {"FAKE:" + std::to_string(question.uid) + ":" + std::to_string(question.gid) + ":" +
              std::to_string(size),
          {}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || std::string_view(argv[1]) != "--keep") return 2;
  return answer_one_packet<kMaxTicketKeeping>(&read_keep_ticket, &keep);
}
