// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Reader: one reader with one slot, as its settings say. The file of the settings is read anew whenever it
// has changed, so that a test can change the reader in a running pcscd.
//
// pcscd calls for one reader from several threads, but never two functions at once, except wait_for_card()
// and stop_waiting().
#pragma once

#include "testkit/ifdhandler/card_link.h"
#include "testkit/ifdhandler/settings.h"
#include "testkit/ifdhandler/transport.h"

#include <atomic>
#include <chrono>
#include <mutex>

namespace jpki::ifdhandler {

class Reader {
 public:
  // The file of its settings. False: they are wrong, or the port is taken; stderr tells.
  bool open(const std::string& path);

  bool unplugged();
  bool card_present();
  // Nothing: no card, or it does not answer.
  std::optional<Blob> power_on();
  std::optional<Blob> reset();
  void power_off();
  std::optional<Blob> transmit(Bytes command);

  bool knows(std::uint32_t code) const noexcept;
  // What CM_IOCTL_GET_FEATURE_REQUEST and the features are answered with; nothing: no such feature, or the
  // card is gone.
  std::optional<Blob> control(std::uint32_t code, Bytes input);

  bool notices_at_once() const noexcept { return settings_.notices_at_once; }
  // Returns when a card may have come or gone.
  void wait_for_card(std::chrono::milliseconds at_most);
  void stop_waiting() noexcept;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  void refresh();
  bool in_the_field();
  std::optional<Blob> verify_on_keys(Bytes structure);
  std::string typed(std::chrono::seconds patience);
  void notice() noexcept;

  std::string path_;
  std::string text_;  // of the settings
  Settings settings_;
  CardLink link_;
  Transport transport_;
  std::uint64_t commands_ = 0;
  bool powered_ = false;

  // Of the thread that waits for a card.
  std::mutex mutex_;
  SteadyTime out_until_{};  // a card that flutters
  UniqueFd noticed_;        // eventfd
};

}  // namespace jpki::ifdhandler
