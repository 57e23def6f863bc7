// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which of several certificates is meant. Never a guess: the account that was asked for says it, or the
// person, or nobody does and the login is refused (kSeveralCards). What the choice rests on is read without a
// PIN; whether the chosen certificate is good is judged afterwards, as if it had been the only one.
#pragma once

#include "validator/engine/authenticate.h"
#include "validator/engine/candidate.h"
#include "validator/engine/record.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace jpki::engine {

// One of several certificates that could log in, as far as it matters for the choice.
struct Rival {
  const card::Token* card;                 // that it lies on
  Time issued;                             // notBefore
  Expected<std::string, Refusal> account;  // that it is bound to, by a path to an anchor; or why to none
};

// The places of the rivals that are bound to `user`, at least one. None: kOtherUser when all are bound to
// others; what is wrong with the rest when that is the same for all of it; else kSeveralCards.
Expected<std::vector<std::size_t>, Refusal> bound_to(std::span<const Rival> rivals, const std::string& user);

// Of the certificates on one card, which all have one PIN: the newest that is bound, when those that are
// bound are bound to one account. None is: as bound_to().
Expected<std::size_t, Refusal> newest_bound(std::span<const Rival> rivals);

// The one of `candidates` (at least one) that is meant. Asks the person at most once, and only where `start`
// says that a choice can be shown; `asked` is called before. kCancelled when nobody chose.
Expected<Candidate, Refusal> choose_card(std::vector<Candidate> candidates, const Start& start,
                                         const Services& services, Record& record,
                                         const std::function<void()>& asked);

}  // namespace jpki::engine
