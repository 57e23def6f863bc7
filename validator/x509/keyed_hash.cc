// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/keyed_hash.h"

#include <memory>
#include <type_traits>

#include <gnutls/crypto.h>

namespace jpki::x509 {
namespace {

struct EndMac {
  void operator()(gnutls_hmac_hd_t mac) const noexcept { ::gnutls_hmac_deinit(mac, nullptr); }
};
using Mac = std::unique_ptr<std::remove_pointer_t<gnutls_hmac_hd_t>, EndMac>;

Mac begin_mac(Bytes key) {
  gnutls_hmac_hd_t begun = nullptr;
  if (key.empty() || ::gnutls_hmac_init(&begun, GNUTLS_MAC_SHA256, key.data(), key.size()) != 0) return {};
  return Mac(begun);
}

bool take(const Mac& mac, Bytes bytes) {
  return bytes.empty() || ::gnutls_hmac(mac.get(), bytes.data(), bytes.size()) == 0;
}

KeyedHash result_of(const Mac& mac) {
  KeyedHash hash{};
  ::gnutls_hmac_output(mac.get(), hash.data());
  return hash;
}

std::array<std::uint8_t, 4> length_of(Bytes field) {
  const auto size = static_cast<std::uint32_t>(field.size());
  return {static_cast<std::uint8_t>(size >> 24), static_cast<std::uint8_t>(size >> 16),
          static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
}

}  // namespace

std::optional<KeyedHash> keyed_hash(Bytes key, Bytes message) {
  const Mac mac = begin_mac(key);
  if (!mac || !take(mac, message)) return std::nullopt;
  return result_of(mac);
}

std::optional<KeyedHash> keyed_hash_of_fields(Bytes key, std::initializer_list<Bytes> fields) {
  const Mac mac = begin_mac(key);
  if (!mac) return std::nullopt;
  for (const Bytes field : fields)
    if (!take(mac, length_of(field)) || !take(mac, field)) return std::nullopt;
  return result_of(mac);
}

}  // namespace jpki::x509
