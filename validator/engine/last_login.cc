// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/last_login.h"

#include "base/number.h"

#include <string>

namespace jpki::engine {
namespace {

constexpr char kPurpose[] = "login";
constexpr std::size_t kMaxNote = 16;

}  // namespace

// To the hour: a note says no more than what is made of it.
void note_login(const CardNotes& notes, Bytes card_key, Time now) {
  const auto hours = std::chrono::floor<std::chrono::hours>(now).time_since_epoch().count();
  (void)notes.files().write(notes.name_of(kPurpose, card_key), as_bytes(std::to_string(hours)));
}

std::optional<std::uint8_t> days_since_login(const CardNotes& notes, Bytes card_key, Time now) {
  const auto note = notes.files().read(notes.name_of(kPurpose, card_key), kMaxNote);
  if (!note || !*note) return std::nullopt;
  const auto hours = whole_number<std::int64_t>(as_text(**note));
  if (!hours || *hours < 0) return std::nullopt;
  const auto since = std::chrono::floor<std::chrono::hours>(now).time_since_epoch().count() - *hours;
  if (since < 0 || since / 24 > UINT8_MAX) return std::nullopt;
  return static_cast<std::uint8_t>(since / 24);
}

}  // namespace jpki::engine
