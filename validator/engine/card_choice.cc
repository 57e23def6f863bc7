// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/card_choice.h"

#include "validator/engine/last_login.h"
#include "validator/engine/path_check.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::engine {
namespace {

Refusal several(std::string cause) {
  return {Verdict::kSeveralCards, std::move(cause)};
}

// Why no rival will do: what they have in common.
Refusal why_none(std::span<const Rival> rivals) {
  const Refusal* first = nullptr;
  for (const Rival& rival : rivals) {
    if (rival.account) continue;
    if (first != nullptr && first->verdict != rival.account.error().verdict)
      return several("of several login certificates none can be used, for different reasons");
    if (first == nullptr) first = &rival.account.error();
  }
  if (first == nullptr) return {Verdict::kOtherUser, "each certificate is bound to another account"};
  return *first;
}

Expected<std::string, Refusal> account_of(const Candidate& candidate, const Services& services) {
  const auto path = check_path(candidate, services);
  if (!path) return Unexpected{path.error()};
  auto account = services.accounts.account_of(path->certificate);
  if (!account) return Unexpected{Refusal{account.error().verdict, account.error().cause}};
  return std::move(*account);
}

std::vector<Rival> rivals_of(std::span<const Candidate> candidates, const Services& services) {
  std::vector<Rival> rivals;
  for (const Candidate& candidate : candidates)
    rivals.push_back({candidate.token, candidate.certificate.not_before(), account_of(candidate, services)});
  return rivals;
}

void keep(std::vector<Candidate>& candidates, std::span<const std::size_t> places) {
  std::vector<Candidate> kept;
  for (const std::size_t place : places) kept.push_back(std::move(candidates[place]));
  candidates = std::move(kept);
}

// The first candidate of each card.
std::vector<const Candidate*> cards_of(std::span<const Candidate> candidates) {
  std::vector<const Candidate*> cards;
  for (const Candidate& candidate : candidates) {
    if (std::ranges::find(cards, candidate.token, &Candidate::token) == cards.end())
      cards.push_back(&candidate);
  }
  return cards;
}

OfferedCard offered(const Candidate& card, const Services& services) {
  const bool my_number = card.kind == x509::Kind::kJpkiAuthentication;
  return {.kind = my_number ? CardKind::kMyNumber : CardKind::kStaff,
          .reader = card.token->reader(),
          .days_since_login = days_since_login(services.notes, card.certificate.subject_public_key_info(),
                                               services.clock.now())};
}

Expected<const card::Token*, Refusal> ask_for_one(std::span<const Candidate* const> cards, const Start& start,
                                                  const Services& services,
                                                  const std::function<void()>& asked) {
  if (!start.choices_shown)
    return Unexpected{several("more than one login certificate, and this screen cannot ask which")};
  if (cards.size() > kMostOfferedCards)
    return Unexpected{several("more login certificates than can be asked about")};
  AskCard question;
  for (const Candidate* card : cards) question.cards.push_back(offered(*card, services));
  asked();
  const auto place = services.dialogue.ask_card(question);
  if (!place) return Unexpected{Refusal{place.error(), "no card was chosen"}};
  if (*place >= cards.size())
    return Unexpected{Refusal{Verdict::kInternal, "a card was chosen that was not offered"}};
  return cards[*place]->token;
}

}  // namespace

Expected<std::vector<std::size_t>, Refusal> bound_to(std::span<const Rival> rivals, const std::string& user) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < rivals.size(); ++i)
    if (rivals[i].account && *rivals[i].account == user) places.push_back(i);
  if (places.empty()) return Unexpected{why_none(rivals)};
  return places;
}

Expected<std::size_t, Refusal> newest_bound(std::span<const Rival> rivals) {
  std::optional<std::size_t> newest;
  for (std::size_t i = 0; i < rivals.size(); ++i) {
    if (!rivals[i].account) continue;
    if (newest && *rivals[*newest].account != *rivals[i].account)
      return Unexpected{several("the certificates on one card are bound to different accounts")};
    if (!newest || rivals[*newest].issued < rivals[i].issued) newest = i;
  }
  if (!newest) return Unexpected{why_none(rivals)};
  return *newest;
}

Expected<Candidate, Refusal> choose_card(std::vector<Candidate> candidates, const Start& start,
                                         const Services& services, Record& record,
                                         const std::function<void()>& asked) {
  if (candidates.size() == 1) return std::move(candidates.front());
  record.begin(Step::kChoosingCard);
  services.dialogue.step(Step::kChoosingCard);
  if (!start.user.empty()) {
    const auto places = bound_to(rivals_of(candidates, services), start.user);
    if (!places) return Unexpected{places.error()};
    keep(candidates, *places);
  }
  if (const auto cards = cards_of(candidates); cards.size() > 1) {
    const auto card = ask_for_one(cards, start, services, asked);
    if (!card) return Unexpected{card.error()};
    std::erase_if(candidates, [&](const Candidate& candidate) { return candidate.token != *card; });
  }
  if (candidates.size() == 1) return std::move(candidates.front());
  const auto place = newest_bound(rivals_of(candidates, services));
  if (!place) return Unexpected{place.error()};
  return std::move(candidates[*place]);
}

}  // namespace jpki::engine
