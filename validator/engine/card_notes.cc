// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/card_notes.h"

namespace jpki::engine {
namespace {

constexpr std::size_t kNameBytes = 16;

}  // namespace

std::optional<x509::KeyedHash> CardNotes::keyed_hash(std::string_view purpose, Bytes card_key,
                                                     Bytes secret) const {
  return x509::keyed_hash_of_fields(key_, {as_bytes(purpose), card_key, secret});
}

std::string CardNotes::name_of(std::string_view purpose, Bytes card_key) const {
  const auto hash = keyed_hash("name", card_key, as_bytes(purpose));
  return hash ? std::string(purpose) + '-' + to_hex(Bytes(*hash).first(kNameBytes)) : std::string();
}

}  // namespace jpki::engine
