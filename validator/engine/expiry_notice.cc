// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/expiry_notice.h"

#include <string>

namespace jpki::engine {
namespace {

constexpr std::size_t kMaxNote = 16;

}  // namespace

std::optional<std::uint8_t> expiry_notice(const CardNotes& notes, Bytes card_key, Time not_after,
                                          std::chrono::days before, Time now) {
  const auto left = std::chrono::floor<std::chrono::days>(not_after - now);
  if (left.count() < 0 || left >= before || left.count() > UINT8_MAX) return std::nullopt;
  const auto today = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  const std::string note = std::to_string(today);
  const std::string name = notes.name_of("told", card_key);
  const auto before_now = notes.files().read(name, kMaxNote);
  if (before_now && *before_now && as_text(**before_now) == note) return std::nullopt;
  (void)notes.files().write(name, as_bytes(note));
  return static_cast<std::uint8_t>(left.count());
}

}  // namespace jpki::engine
