// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/pseudonym_key.h"

#include <bitset>

namespace jpki::revocation {
namespace {

constexpr std::size_t kMinKeySize = 16;
constexpr std::size_t kMaxKeySize = 4096;
// Of 16 random bytes, no more than seven different ones: once in 10^12 keys.
constexpr std::size_t kMinDifferentBytes = 8;
constexpr char kRemedy[] = "; make a new key: head -c 32 /dev/urandom";

std::size_t different_bytes(Bytes key) {
  std::bitset<256> seen;
  for (const std::uint8_t byte : key) seen.set(byte);
  return seen.count();
}

}  // namespace

Expected<Blob, std::string> load_pseudonym_key(const std::string& path, FileTrust trust) {
  trust.max_size = kMaxKeySize;
  trust.secret = true;
  auto key = read_trusted_file(path, trust);
  if (!key) return Unexpected{key.error().text};
  if (key->size() < kMinKeySize)
    return Unexpected{path + ": shorter than " + std::to_string(kMinKeySize) + " bytes" + kRemedy};
  if (different_bytes(*key) < kMinDifferentBytes)
    return Unexpected{path + ": not random, so its pseudonyms hide nothing" + kRemedy};
  return std::move(*key);
}

}  // namespace jpki::revocation
