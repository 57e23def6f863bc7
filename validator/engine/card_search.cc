// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/card_search.h"

#include "validator/x509/classify.h"

#include <fmt/format.h>

namespace jpki::engine {
namespace {

// Nobody who hung up is waited for longer; and a module may know cards that pcscd does not.
constexpr std::chrono::milliseconds kLongestLook{200};
// A pcscd that has just been started knows its readers a little later. Nobody is asked for a card meanwhile.
constexpr std::chrono::milliseconds kReaderGrace{1000};

Refusal refusal_from(card::CardError error) {
  return {error.verdict, std::move(error.cause)};
}

void enter(const Services& services, Record& record, Step step) {
  record.begin(step);
  services.dialogue.step(step);
}

// The tokens that are present, waiting for the first one as long as is allowed.
Expected<std::vector<card::Token*>, Refusal> wait_for_tokens(const Services& services,
                                                             std::chrono::milliseconds wait, Record& record) {
  enter(services, record, Step::kLookingForCard);
  const Deadline deadline = Deadline::after(wait);
  const Deadline readers = Deadline::after(std::min(wait, kReaderGrace));
  bool told = false;
  for (;;) {
    auto tokens = services.cards.tokens();
    if (tokens) return std::move(*tokens);
    const Verdict verdict = tokens.error().verdict;
    const bool card_may_come = verdict == Verdict::kNoCard && !deadline.passed();
    const bool reader_may_come = verdict == Verdict::kNoReader && !readers.passed();
    if (!card_may_come && !reader_may_come) return Unexpected{refusal_from(tokens.error())};
    if (card_may_come && !std::exchange(told, true)) enter(services, record, Step::kWaitingForCard);
    const bool waited = services.cards.await_change(kLongestLook);
    if (!services.dialogue.pause(waited ? std::chrono::milliseconds(0) : kLongestLook))
      return Unexpected{Refusal{Verdict::kCancelled, "the caller hung up while waiting for a card"}};
  }
}

// Why a token could not be read, and in which reader.
struct Unread {
  Refusal why;
  std::string reader;
};

// The smartphone among tokens that have no certificate to log in with; null: none is there.
Expected<card::Token*, Refusal> smartphone_among(const std::vector<card::Token*>& tokens) {
  card::Token* found = nullptr;
  for (card::Token* const token : tokens) {
    if (!token->is_smartphone()) continue;
    if (found != nullptr) return Unexpected{Refusal{Verdict::kSeveralCards, "more than one smartphone"}};
    found = token;
  }
  return found;
}

}  // namespace

Expected<std::vector<Candidate>, Refusal> read_candidates(card::Token& token, const Services& services) {
  auto objects = token.certificates(card::Token::Which::kEndEntities);
  if (!objects) return Unexpected{refusal_from(objects.error())};
  std::vector<Candidate> found;
  for (card::CertificateObject& object : *objects) {
    auto certificate = x509::Certificate::decode(object.der);
    if (!certificate) return Unexpected{Refusal{Verdict::kCertificateMalformed, certificate.error()}};
    const x509::Kind kind = x509::classify(*certificate, services.kind_rules);
    found.push_back({&token, std::move(object.id), std::move(*certificate), kind});
  }
  return found;
}

Expected<FoundCards, Refusal> find_candidates(const Services& services, std::chrono::milliseconds wait,
                                              Record& record) {
  const auto tokens = wait_for_tokens(services, wait, record);
  if (!tokens) return Unexpected{tokens.error()};

  enter(services, record, Step::kReadingCard);
  std::vector<Candidate> found;
  std::optional<Unread> trouble;  // a smartphone that a module cannot use is the least of them
  const card::Token* before = nullptr;
  for (card::Token* token : *tokens) {
    if (is_read_already(found, *token, services.login_kinds)) continue;
    // A module that keeps a card between questions would keep it from the next module.
    if (before != nullptr && before->module() != token->module()) services.cards.let_others_use_them();
    before = token;
    auto candidates = read_candidates(*token, services);
    if (candidates) {
      for (Candidate& candidate : *candidates) found.push_back(std::move(candidate));
    } else {
      services.dialogue.log(LogLevel::kWarning, "a token cannot be read: " + candidates.error().cause);
      if (!trouble || candidates.error().verdict != Verdict::kSmartphoneNotAllowed)
        trouble = {candidates.error(), token->reader()};
    }
  }
  const auto places = login_candidates(found, services.login_kinds);
  // A card that could not be read is not asked whether it is one; but the smartphone that one module cannot
  // use, another may.
  if (!places && (!trouble || trouble->why.verdict == Verdict::kSmartphoneNotAllowed)) {
    const auto smartphone = smartphone_among(*tokens);
    if (!smartphone) return Unexpected{smartphone.error()};
    if (*smartphone != nullptr && (!trouble || trouble->reader == (*smartphone)->reader()))
      return FoundCards{.candidates = {}, .smartphone = *smartphone};
  }
  // A token that could not be read explains a missing certificate better than its absence does.
  if (!places && trouble && places.error().verdict == Verdict::kNoLoginCertificate)
    return Unexpected{trouble->why};
  if (!places) return Unexpected{places.error()};
  std::vector<Candidate> candidates;
  for (const std::size_t place : *places) candidates.push_back(std::move(found[place]));
  drop_copies_without_key(candidates);
  return FoundCards{.candidates = std::move(candidates)};
}

std::vector<x509::Certificate> read_intermediates(const Candidate& candidate) {
  std::vector<x509::Certificate> pool;
  const auto objects = candidate.token->certificates(card::Token::Which::kAuthorities);
  if (!objects) return pool;
  for (const card::CertificateObject& object : *objects)
    if (auto certificate = x509::Certificate::decode(object.der)) pool.push_back(std::move(*certificate));
  return pool;
}

}  // namespace jpki::engine
