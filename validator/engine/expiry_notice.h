// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Expiry notice: that a certificate ends soon is told in time to renew it, and once a day, so that it is
// read.
#pragma once

#include "base/time.h"
#include "validator/engine/card_notes.h"

#include <chrono>
#include <cstdint>
#include <optional>

namespace jpki::engine {

// Whole days that are left, when there are fewer than `before` (255 is the most) and nobody was told on this
// day (UTC) yet; that it was told is noted. Where nothing can be noted it is told each time.
std::optional<std::uint8_t> expiry_notice(const CardNotes& notes, Bytes card_key, Time not_after,
                                          std::chrono::days before, Time now);

}  // namespace jpki::engine
