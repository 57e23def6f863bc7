// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/card_notes.h"

#include <memory>
#include <type_traits>

#include <gnutls/crypto.h>

namespace jpki::engine {
namespace {

constexpr std::size_t kMacSize = 32;
constexpr std::size_t kNameBytes = 16;

struct EndMac {
  void operator()(gnutls_hmac_hd_t mac) const noexcept { ::gnutls_hmac_deinit(mac, nullptr); }
};
using Mac = std::unique_ptr<std::remove_pointer_t<gnutls_hmac_hd_t>, EndMac>;

}  // namespace

Blob CardNotes::keyed_hash(std::string_view purpose, Bytes card_key, Bytes secret) const {
  gnutls_hmac_hd_t begun = nullptr;
  if (key_.empty() || ::gnutls_hmac_init(&begun, GNUTLS_MAC_SHA256, key_.data(), key_.size()) != 0) return {};
  const Mac state(begun);
  for (const Bytes field : {as_bytes(purpose), card_key, secret}) {
    const std::uint64_t size = field.size();
    if (::gnutls_hmac(state.get(), &size, sizeof size) != 0 ||
        ::gnutls_hmac(state.get(), field.data(), field.size()) != 0)
      return {};
  }
  Blob out(kMacSize);
  ::gnutls_hmac_output(state.get(), out.data());
  return out;
}

std::string CardNotes::name_of(std::string_view purpose, Bytes card_key) const {
  const Blob hash = keyed_hash("name", card_key, as_bytes(purpose));
  return hash.empty() ? std::string() : std::string(purpose) + '-' + to_hex(Bytes(hash).first(kNameBytes));
}

}  // namespace jpki::engine
