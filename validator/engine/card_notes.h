// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CardNotes: what is known of a card since the machine was started, in a directory of the validator's user:
// one file for each card and purpose, under a keyed name. A card is known by the public key of its
// certificate.
#pragma once

#include "validator/revocation/evidence_directory.h"
#include "validator/x509/keyed_hash.h"

#include <optional>
#include <string>
#include <string_view>

namespace jpki::engine {

class CardNotes {
 public:
  // Opens `path`, before the caller confines itself. Without a key nothing can be noted.
  CardNotes(const std::string& path, const Blob& site_key) : key_(site_key), directory_(path, site_key) {}

  // PURPOSE-0123…; `purpose`: lower-case letters.
  std::string name_of(std::string_view purpose, Bytes card_key) const;
  // Over all three; nothing without a key. `secret` is hashed where it lies.
  std::optional<x509::KeyedHash> keyed_hash(std::string_view purpose, Bytes card_key, Bytes secret) const;

  const revocation::EvidenceDirectory& files() const noexcept { return directory_; }

 private:
  Blob key_;
  revocation::EvidenceDirectory directory_;
};

}  // namespace jpki::engine
