// SPDX-License-Identifier: LGPL-2.1-or-later
#include "emergency/code.h"

#include "base/emergency_code.h"

#include <array>
#include <limits>

#include <argon2.h>
#include <sys/random.h>

namespace jpki::emergency {
namespace {

constexpr std::uint32_t kPasses = 3;
constexpr std::uint32_t kMemory = 64 * 1024;  // KiB
constexpr std::uint32_t kLanes = 1;
constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kHashSize = 32;
constexpr std::size_t kMaxEncoded = 128;

bool fill_randomly(void* bytes, std::size_t size) {
  return ::getrandom(bytes, size, 0) == static_cast<ssize_t>(size);  // whole up to 256 bytes
}

}  // namespace

std::optional<std::uint64_t> random_below(std::uint64_t bound) {
  // What lies above the last multiple of `bound` would make small values likelier.
  const std::uint64_t end = std::numeric_limits<std::uint64_t>::max() / bound * bound;
  for (;;) {
    std::uint64_t value = 0;
    if (!fill_randomly(&value, sizeof(value))) return std::nullopt;
    if (value < end) return value % bound;
  }
}

std::optional<Secret> make_code() {
  const auto payload = random_below(kEmergencyValues);
  return payload ? emergency_code_from(*payload) : std::nullopt;
}

std::optional<std::string> hash_of(Bytes code) {
  std::array<std::uint8_t, kSaltSize> salt{};
  std::array<char, kMaxEncoded> encoded{};
  if (!fill_randomly(salt.data(), salt.size()) ||
      ::argon2id_hash_encoded(kPasses, kMemory, kLanes, code.data(), code.size(), salt.data(), salt.size(),
                              kHashSize, encoded.data(), encoded.size()) != ARGON2_OK)
    return std::nullopt;
  return std::string(encoded.data());
}

bool matches(const std::string& hash, Bytes code) {
  return ::argon2id_verify(hash.c_str(), code.data(), code.size()) == ARGON2_OK;
}

const std::string& nobodys_hash() {
  // Of the right form and cost; the hash is 32 zero bytes.
  static const std::string kNobody =
      "$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  return kNobody;
}

}  // namespace jpki::emergency
