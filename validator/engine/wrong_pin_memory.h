// SPDX-License-Identifier: LGPL-2.1-or-later
//
// WrongPinMemory: WrongPins in the notes of cards: keyed hashes of the last PINs that were wrong. Whoever has
// the site's key could find a wrong PIN by trying them all; that is root.
#pragma once

#include "validator/card/wrong_pins.h"
#include "validator/engine/card_notes.h"

namespace jpki::engine {

class WrongPinMemory final : public card::WrongPins {
 public:
  explicit WrongPinMemory(const CardNotes& notes) : notes_(notes) {}  // which must outlive it

  Expected<bool, std::string> holds(Bytes key, const Secret& pin) override;
  Expected<Unit, std::string> remember(Bytes key, const Secret& pin) override;
  Expected<Unit, std::string> forget(Bytes key) override;
  Expected<std::size_t, std::string> count(Bytes key) override;

 private:
  const CardNotes& notes_;
};

}  // namespace jpki::engine
