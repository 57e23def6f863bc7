// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/session_card.h"

#include "validator/card/card_mark.h"

#include <algorithm>

namespace jpki::engine {

bool is_bound_to_session(const Start& start) {
  return !ends_in_pin(start.purpose) || start.same_card;
}

Expected<std::vector<Candidate>, Refusal> keep_session_cards(std::vector<Candidate> candidates,
                                                             const Start& start) {
  std::erase_if(candidates, [&](const Candidate& candidate) {
    const auto opened = [&](const CardSession& session) {
      return card::card_mark(session.key, candidate.certificate.der()) == session.mark;
    };
    const bool kept = ends_in_pin(start.purpose)
                          ? std::ranges::any_of(start.sessions, opened)
                          : !start.sessions.empty() && std::ranges::all_of(start.sessions, opened);
    return !kept;
  });
  if (!candidates.empty()) return candidates;
  return Unexpected{Refusal{Verdict::kNotSessionCard, start.sessions.empty()
                                                          ? "the session's record cannot be read"
                                                          : "no card in a reader opened the session"}};
}

}  // namespace jpki::engine
