// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/wrong_pin_memory.h"

#include <algorithm>
#include <tuple>

namespace jpki::engine {
namespace {

constexpr char kPurpose[] = "pins";
constexpr std::size_t kHashSize = std::tuple_size_v<x509::KeyedHash>;
constexpr std::size_t kMaxPins = 16;  // more tries in a row no card has
constexpr char kDamaged[] = "the memory of wrong PINs is damaged";
constexpr char kNoHash[] = "no keyed hash of the PIN";

}  // namespace

Expected<bool, std::string> WrongPinMemory::holds(Bytes key, const Secret& pin) {
  const auto content = notes_.files().read(notes_.name_of(kPurpose, key), kHashSize * kMaxPins + 1);
  if (!content) return Unexpected{content.error()};
  if (!*content) return false;
  const auto wanted = notes_.keyed_hash(kPurpose, key, pin.bytes());
  if (!wanted || (*content)->size() % kHashSize != 0) return Unexpected{std::string(kDamaged)};
  for (Bytes rest(**content); !rest.empty(); rest = rest.subspan(kHashSize))
    if (std::ranges::equal(rest.first(kHashSize), *wanted)) return true;
  return false;
}

Expected<Unit, std::string> WrongPinMemory::remember(Bytes key, const Secret& pin) {
  const auto known = holds(key, pin);
  if (known && *known) return Unit{};
  const auto hash = notes_.keyed_hash(kPurpose, key, pin.bytes());
  if (!hash) return Unexpected{std::string(kNoHash)};
  const std::string name = notes_.name_of(kPurpose, key);
  const auto before = notes_.files().read(name, kHashSize * (kMaxPins - 1));
  if (!before) return Unexpected{before.error()};
  Blob content = to_blob(*hash);
  if (known && *before) append_bytes(content, **before);
  return notes_.files().write(name, content);
}

Expected<std::size_t, std::string> WrongPinMemory::count(Bytes key) {
  const auto content = notes_.files().read(notes_.name_of(kPurpose, key), kHashSize * kMaxPins + 1);
  if (!content) return Unexpected{content.error()};
  if (!*content) return std::size_t{0};
  if ((*content)->size() % kHashSize != 0) return Unexpected{std::string(kDamaged)};
  return (*content)->size() / kHashSize;
}

Expected<Unit, std::string> WrongPinMemory::forget(Bytes key) {
  return notes_.files().remove(notes_.name_of(kPurpose, key));
}

}  // namespace jpki::engine
