// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/wrong_pin_memory.h"

#include <algorithm>
#include <memory>
#include <type_traits>

#include <gnutls/crypto.h>

namespace jpki::engine {
namespace {

constexpr std::size_t kMacSize = 32;
constexpr std::size_t kMaxPins = 16;  // more tries in a row no card has
constexpr std::size_t kNameBytes = 16;
constexpr char kDamaged[] = "the memory of wrong PINs is damaged";
constexpr char kNoHash[] = "no keyed hash of the PIN";

struct EndMac {
  void operator()(gnutls_hmac_hd_t mac) const noexcept { ::gnutls_hmac_deinit(mac, nullptr); }
};
using Mac = std::unique_ptr<std::remove_pointer_t<gnutls_hmac_hd_t>, EndMac>;

}  // namespace

// The PIN goes into the hash from where it lies. Empty without a key.
Blob WrongPinMemory::mac(std::string_view purpose, Bytes card_key, Bytes pin) const {
  gnutls_hmac_hd_t begun = nullptr;
  if (key_.empty() || ::gnutls_hmac_init(&begun, GNUTLS_MAC_SHA256, key_.data(), key_.size()) != 0) return {};
  const Mac state(begun);
  for (const Bytes field : {as_bytes(purpose), card_key, pin}) {
    // Each with its length: no two inputs are the same octets.
    const std::uint64_t size = field.size();
    if (::gnutls_hmac(state.get(), &size, sizeof size) != 0 ||
        ::gnutls_hmac(state.get(), field.data(), field.size()) != 0)
      return {};
  }
  Blob out(kMacSize);
  ::gnutls_hmac_output(state.get(), out.data());
  return out;
}

std::string WrongPinMemory::name_of(Bytes card_key) const {
  const Blob name = mac("card of wrong PINs", card_key, {});
  return name.empty() ? std::string() : "pins-" + to_hex(Bytes(name).first(kNameBytes));
}

Expected<bool, std::string> WrongPinMemory::holds(Bytes key, const Secret& pin) {
  const auto content = directory_.read(name_of(key), kMacSize * kMaxPins + 1);
  if (!content) return Unexpected{content.error()};
  if (!*content) return false;
  const Blob wanted = mac("wrong PIN", key, pin.bytes());
  if (wanted.empty() || (*content)->size() % kMacSize != 0) return Unexpected{std::string(kDamaged)};
  for (Bytes rest(**content); !rest.empty(); rest = rest.subspan(kMacSize))
    if (std::ranges::equal(rest.first(kMacSize), wanted)) return true;
  return false;
}

Expected<Unit, std::string> WrongPinMemory::remember(Bytes key, const Secret& pin) {
  const auto known = holds(key, pin);
  if (known && *known) return Unit{};
  Blob content = mac("wrong PIN", key, pin.bytes());
  if (content.empty()) return Unexpected{std::string(kNoHash)};
  const auto before = directory_.read(name_of(key), kMacSize * (kMaxPins - 1));
  if (!before) return Unexpected{before.error()};
  if (known && *before) content.insert(content.end(), (*before)->begin(), (*before)->end());
  return directory_.write(name_of(key), content);
}

Expected<Unit, std::string> WrongPinMemory::forget(Bytes key) {
  return directory_.remove(name_of(key));
}

}  // namespace jpki::engine
