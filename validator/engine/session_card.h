// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The card that opened a session is known again by its mark (card/card_mark.h).
#pragma once

#include "validator/engine/candidate.h"

#include <vector>

namespace jpki::engine {

// Whether `start` lets only cards of its sessions count.
bool is_bound_to_session(const Start& start);

// The candidates on such a card: for kPresence of all sessions, since nobody knows which is meant, for a
// login of one of them. None: kNotSessionCard.
Expected<std::vector<Candidate>, Refusal> keep_session_cards(std::vector<Candidate> candidates,
                                                             const Start& start);

}  // namespace jpki::engine
