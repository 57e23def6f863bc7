// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/pseudonym.h"

#include "validator/x509/keyed_hash.h"

namespace jpki::engine {

std::string pseudonym_of(Bytes certificate_der, Bytes site_key) {
  constexpr std::size_t kPseudonymBytes = 8;
  const auto hash = x509::keyed_hash(site_key, certificate_der);
  return hash ? to_hex(Bytes(*hash).first(kPseudonymBytes)) : std::string();
}

}  // namespace jpki::engine
