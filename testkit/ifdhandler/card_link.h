// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CardLink: the slot of the reader. jpki-vcard connects to it as it does to vpcd
// (testkit/vcard/reader_link.h): being connected is being in the slot. Blocks as long as the card does.
#pragma once

#include "base/bytes.h"
#include "base/unique_fd.h"

#include <cstdint>
#include <optional>

#include <poll.h>

namespace jpki::ifdhandler {

class CardLink {
 public:
  // On 127.0.0.1; errno when it cannot listen.
  int listen(std::uint16_t port);

  // A card that waits is let in, one that is leaving is let go. One that went is told as absent before the
  // next one is let in, or pcscd would take that for it.
  bool present();

  void power_off();
  // The ATR; nothing without a card.
  std::optional<Blob> power_on();
  std::optional<Blob> reset();
  // Nothing when the card leaves.
  std::optional<Blob> transmit(Bytes command);

  // What poll(2) waits for until a card comes or goes.
  pollfd to_watch() const noexcept {
    return card_.valid() ? pollfd{card_.get(), POLLRDHUP, 0} : pollfd{listener_.get(), POLLIN, 0};
  }

 private:
  bool send(Bytes message);
  bool receive(std::uint8_t* into, std::size_t size);
  std::optional<Blob> answer();
  std::optional<Blob> atr();
  void lose() noexcept;

  UniqueFd listener_;
  UniqueFd card_;
  bool lost_ = false;
};

}  // namespace jpki::ifdhandler
