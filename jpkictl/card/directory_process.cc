// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/directory_process.h"

#include <cstring>

namespace jpki::ctl::card {
namespace {

using namespace ad::bindings;

constexpr char kProgram[] = JPKI_LIBEXECDIR "/jpki-directory";
// Until the next packet: it has time limits of its own (ad.toml), and reads a whole domain before it answers.
constexpr std::chrono::minutes kPatience{5};

// The values of one object come one after the other.
void take(Found&& found, std::vector<DirectoryObject>& objects) {
  if (objects.empty() || objects.back().guid != found.guid)
    objects.push_back({found.guid, std::move(found.dn), std::move(found.account), {}});
  if (found.value) objects.back().values.push_back(std::move(*found.value));
}

}  // namespace

Directory::Listing DirectoryProcess::ask(const Question& question, Outcome when_it_fails) {
  if (!running_) {
    auto process =
        HelperProcess::start(kProgram, {{ticket_.path, std::to_string(ticket_.owner)}, SOCK_SEQPACKET});
    if (!process)
      return {{Outcome::kNotAvailable, {}, std::string(kProgram) + ": " + std::strerror(process.error())},
              {}};
    UniqueFd socket = process->take_socket();
    running_.emplace(Running{std::move(socket), std::move(*process)});
  }
  Listing listing{{when_it_fails, {}, std::string(kProgram) + " did not answer"}, {}};
  const auto asked = encode(question);
  if (!asked || ::send(running_->socket.get(), asked->data(), asked->size(), MSG_NOSIGNAL) < 0) {
    running_.reset();
    return listing;
  }
  Blob packet(kMaxPacket);
  for (;;) {
    const auto size = receive_packet(running_->socket, packet, Deadline::after(kPatience));
    auto answer = size ? decode_answer(Bytes(packet).first(*size)) : std::nullopt;
    if (!answer) break;
    if (auto* found = std::get_if<Found>(&*answer)) {
      take(std::move(*found), listing.objects);
      continue;
    }
    listing.end = std::move(std::get<End>(*answer));
    // The next one reads the ticket that there is then.
    if (listing.end.outcome == Outcome::kNoTicket) running_.reset();
    return listing;
  }
  running_.reset();
  return listing;
}

Directory::Listing DirectoryProcess::find(const Find& find) {
  return ask(find, Outcome::kUnreachable);
}

End DirectoryProcess::change(const Change& change) {
  return ask(change, Outcome::kNotKnown).end;
}

}  // namespace jpki::ctl::card
