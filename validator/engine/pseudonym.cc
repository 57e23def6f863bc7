// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/pseudonym.h"

#include <array>

#include <gnutls/crypto.h>

namespace jpki::engine {

std::string pseudonym_of(Bytes certificate_der, Bytes site_key) {
  constexpr std::size_t kPseudonymBytes = 8;
  if (site_key.empty()) return {};
  std::array<std::uint8_t, 32> mac{};
  const int rc = ::gnutls_hmac_fast(GNUTLS_MAC_SHA256, site_key.data(), site_key.size(),
                                    certificate_der.data(), certificate_der.size(), mac.data());
  return rc == GNUTLS_E_SUCCESS ? to_hex(Bytes(mac).first(kPseudonymBytes)) : std::string();
}

}  // namespace jpki::engine
