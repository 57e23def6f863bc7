// SPDX-License-Identifier: LGPL-2.1-or-later
//
// WrongPinMemory: WrongPins in a directory of the validator's user that does not outlive the machine's
// running: one file a card, under a keyed name, with keyed hashes of the last PINs that were wrong. Whoever
// has the site's key could find a wrong PIN by trying them all; that is root.
#pragma once

#include "validator/card/wrong_pins.h"
#include "validator/revocation/evidence_directory.h"

namespace jpki::engine {

class WrongPinMemory final : public card::WrongPins {
 public:
  // Opens `path`, before the caller confines itself.
  WrongPinMemory(const std::string& path, const Blob& site_key)
      : key_(site_key), directory_(path, site_key) {}

  Expected<bool, std::string> holds(Bytes key, const Secret& pin) override;
  Expected<Unit, std::string> remember(Bytes key, const Secret& pin) override;
  Expected<Unit, std::string> forget(Bytes key) override;

 private:
  Blob mac(std::string_view purpose, Bytes card_key, Bytes pin) const;
  std::string name_of(Bytes card_key) const;

  Blob key_;
  revocation::EvidenceDirectory directory_;
};

}  // namespace jpki::engine
