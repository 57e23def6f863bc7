// SPDX-License-Identifier: LGPL-2.1-or-later
#include "emergency/challenge.h"

#include "base/ascii_case.h"
#include "base/emergency_code.h"
#include "emergency/code.h"

#include <array>

#include <nettle/hmac.h>
#include <nettle/memops.h>

namespace jpki::emergency {
namespace {

constexpr std::size_t kNonceDigits = 10;
constexpr std::size_t kDigitsOfId = 6;
constexpr std::uint64_t kNonces = 10'000'000'000;
constexpr std::uint64_t kTags = 10'000;

// Each field after its length, so that no two lists of fields are alike for being cut differently.
std::uint64_t keyed_number(std::string_view purpose, const Key& key, std::string_view host,
                           std::string_view account, Bytes nonce, std::uint64_t bound) {
  hmac_sha256_ctx mac;
  ::nettle_hmac_sha256_set_key(&mac, key.size(), key.data());
  const std::string name = to_lower(host);
  for (const Bytes field : {as_bytes(purpose), as_bytes(name), as_bytes(account), nonce}) {
    const auto size = static_cast<std::uint16_t>(field.size());
    const std::array<std::uint8_t, 2> length{static_cast<std::uint8_t>(size >> 8),
                                             static_cast<std::uint8_t>(size)};
    ::nettle_hmac_sha256_update(&mac, length.size(), length.data());
    ::nettle_hmac_sha256_update(&mac, field.size(), field.data());
  }
  std::array<std::uint8_t, 8> digest{};
  ::nettle_hmac_sha256_digest(&mac, digest.size(), digest.data());
  std::uint64_t number = 0;
  for (const std::uint8_t byte : digest) number = (number << 8) | byte;
  return number % bound;  // 2^64 is so much more than 10^14 that no digit is likelier by more than 10^-5
}

std::uint64_t tag_of(const Key& key, std::string_view host, std::string_view account, Bytes nonce) {
  return keyed_number("challenge", key, host, account, nonce, kTags);
}

Bytes nonce_of(Bytes challenge) {
  return challenge.first(kNonceDigits);
}

}  // namespace

std::optional<std::string> make_challenge(const Key& host_key, std::string_view host,
                                          std::string_view account) {
  const auto nonce = random_below(kNonces);
  if (!nonce) return std::nullopt;
  const auto untagged = emergency_code_from(*nonce * kTags);
  if (!untagged) return std::nullopt;
  const std::uint64_t tag = tag_of(host_key, host, account, nonce_of(untagged->bytes()));
  const auto challenge = emergency_code_from(*nonce * kTags + tag);
  if (!challenge) return std::nullopt;
  return std::string(as_text(challenge->bytes()));
}

bool belongs_to(Bytes challenge, const Key& host_key, std::string_view host, std::string_view account) {
  if (!is_emergency_code(challenge)) return false;
  std::uint64_t told = 0;
  for (const std::uint8_t digit : challenge.subspan(kNonceDigits, kEmergencyPayload - kNonceDigits))
    told = told * 10 + (digit - '0');
  return told == tag_of(host_key, host, account, nonce_of(challenge));
}

std::string id_of(std::string_view challenge) {
  return "C-" + std::string(challenge.substr(0, kDigitsOfId));
}

std::optional<Secret> answer_to(Bytes challenge, const Key& host_key, std::string_view host,
                                std::string_view account) {
  if (!is_emergency_code(challenge)) return std::nullopt;
  return emergency_code_from(
      keyed_number("answer", host_key, host, account, nonce_of(challenge), kEmergencyValues));
}

bool same(Bytes one, Bytes other) noexcept {
  return one.size() == other.size() && ::nettle_memeql_sec(one.data(), other.data(), one.size()) == 1;
}

}  // namespace jpki::emergency
