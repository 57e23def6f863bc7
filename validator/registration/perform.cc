// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/registration/perform.h"

#include "validator/card/pin_guard.h"
#include "validator/engine/card_search.h"
#include "validator/engine/path_check.h"
#include "validator/engine/proof_of_possession.h"
#include "validator/engine/record.h"
#include "validator/registration/card_binding.h"
#include "validator/x509/classify.h"

#include <algorithm>

namespace jpki::registration {
namespace {

using engine::Candidate;
using engine::Refusal;
using engine::Services;

// What the challenge is for: worth nothing for a login through a PAM service.
constexpr char kService[] = "jpkictl card";

Finished finished(const Refusal& refusal) {
  return {refusal.verdict, refusal.cause, std::nullopt};
}

// The candidates in the readers that are meant.
Expected<std::vector<Candidate>, Refusal> candidates_of(const Task& task, const Services& services) {
  engine::Record record;
  auto cards = engine::find_candidates(services, std::chrono::milliseconds(task.wait_ms), record);
  if (!cards) return Unexpected{cards.error()};
  if (cards->smartphone != nullptr)
    return Unexpected{
        Refusal{Verdict::kSmartphoneNotAllowed,
                "a smartphone does not tell its certificate before its PIN; bind it from a file"}};
  std::vector<Candidate> found = std::move(cards->candidates);
  std::erase_if(found, [&](const Candidate& candidate) {
    return candidate.token->reader().find(task.reader) == std::string::npos;
  });
  if (found.empty())
    return Unexpected{
        Refusal{Verdict::kNoCard, "no card that can log in is in the reader that --reader names"}};
  return found;
}

card::PinGuard guard_of(const Candidate& candidate, const Services& services) {
  return {*candidate.token,
          engine::pin_rule_of(candidate),
          {.wrong = services.wrong_pins,
           .key = candidate.certificate.subject_public_key_info(),
           .tries_shown = true}};
}

void read_path(const Candidate& candidate, const Services& services, CardReading& reading) {
  const auto path = engine::check_path(candidate, services, &services.revocation);
  if (!path) {
    const engine::PathRefusal& refusal = path.error();
    reading.path = refusal.by_revocation ? Verdict::kAccepted : refusal.verdict;
    reading.revocation = refusal.verdict;
    if (refusal.by_revocation) reading.anchor = refusal.anchor;
    (refusal.by_revocation ? reading.revocation_cause : reading.path_cause) = refusal.cause;
    return;
  }
  reading.path = Verdict::kAccepted;
  reading.anchor = path->certificate.anchor().name;
  if (const auto begun = services.revocation.begin(services.clock.now()); !begun) {
    reading.revocation = begun.error().verdict;
    reading.revocation_cause = begun.error().clause;
    return;
  }
  const auto evidence = services.revocation.conclude(services.clock.now());
  reading.revocation = evidence ? Verdict::kAccepted : evidence.error().verdict;
  reading.revocation_cause = evidence ? evidence->source : evidence.error().clause;
}

void read_pin(const Candidate& candidate, const Services& services, CardReading& reading) {
  card::PinGuard guard = guard_of(candidate, services);
  const auto status = guard.status();
  reading.pin = status ? Verdict::kAccepted : status.error().verdict;
  reading.tries_left = guard.tries_left();
  if (status) reading.max_tries = status->max_tries;
}

CardReading reading_of(const Candidate& candidate, const Services& services) {
  const x509::Certificate& leaf = candidate.certificate;
  CardReading reading;
  reading.kind = candidate.kind;
  reading.certificate = to_blob(leaf.der());
  reading.mappings = strings_to_bind(leaf, candidate.kind);
  reading.issuer_and_serial = issuer_and_serial(leaf);
  reading.subject = x509::to_ad_string(leaf.subject());
  reading.not_before = leaf.not_before();
  reading.not_after = leaf.not_after();
  read_path(candidate, services, reading);
  if (candidate.token == nullptr) return reading;
  reading.reader = candidate.token->reader();
  read_pin(candidate, services, reading);
  return reading;
}

Finished read(const Task& task, const Services& services, PacketDialogue& dialogue) {
  const auto candidates = candidates_of(task, services);
  if (!candidates) return finished(candidates.error());
  for (const Candidate& candidate : *candidates) dialogue.send(reading_of(candidate, services));
  return {Verdict::kAccepted, {}, std::nullopt};
}

Finished check(const Task& task, const Services& services, PacketDialogue& dialogue) {
  auto certificate = x509::Certificate::decode(task.certificate);
  if (!certificate) return {Verdict::kCertificateMalformed, certificate.error(), std::nullopt};
  const x509::Kind kind = x509::classify(*certificate, services.kind_rules);
  const bool allowed = std::ranges::find(services.login_kinds, kind) != services.login_kinds.end();
  if (!x509::is_login_kind(kind) || !allowed)
    return {x509::refusal_for(kind), std::string("certificate of kind ").append(x509::name_of(kind)), {}};
  dialogue.send(reading_of({nullptr, {}, std::move(*certificate), kind}, services));
  return {Verdict::kAccepted, {}, std::nullopt};
}

Finished prove(const Task& task, const Services& services) {
  auto candidates = candidates_of(task, services);
  if (!candidates) return finished(candidates.error());
  const auto meant = std::ranges::find_if(*candidates, [&](const Candidate& candidate) {
    return std::ranges::equal(candidate.certificate.der(), task.certificate);
  });
  if (meant == candidates->end())
    return {Verdict::kCardRemoved, "another card is on the reader than the one that was looked at", {}};
  if (const auto path = engine::check_path(*meant, services); !path) return finished(path.error());

  card::PinGuard guard = guard_of(*meant, services);
  const auto end = [&guard](const card::CardError& error) {
    return Finished{error.verdict, error.cause, guard.tries_left()};
  };
  const auto status = guard.status();
  if (!status) return end(status.error());
  services.cards.let_others_use_them();
  auto reply = services.dialogue.ask_pin({.account = task.account,
                                          .form = status->form,
                                          .tries_left = status->tries_left,
                                          .max_tries = status->max_tries,
                                          .may_be_last = status->may_be_last,
                                          .on_reader = status->on_reader});
  if (!reply) return end({reply.error(), "no PIN was given"});
  if (const auto verified = guard.verify(std::move(*reply)); !verified) return end(verified.error());
  Start start;
  start.nonce = task.nonce;
  start.service = kService;
  start.host = task.host;
  const Blob challenge = engine::make_challenge(start, task.account, services.clock.now());
  const auto proof = engine::prove_possession(*meant->token, meant->id,
                                              meant->certificate.subject_public_key_info(), challenge);
  meant->token->logout();
  if (!proof) return end({proof.error().verdict, proof.error().cause});
  return {Verdict::kAccepted, {}, guard.tries_left()};
}

}  // namespace

Finished perform(const Task& task, const Services& services, PacketDialogue& dialogue) {
  if (task.work == Work::kCheck) return check(task, services, dialogue);
  Finished end = task.work == Work::kRead ? read(task, services, dialogue) : prove(task, services);
  // A lifted card looks like a broken or an empty one.
  const bool seemingly = end.verdict == Verdict::kCardError || end.verdict == Verdict::kNoLoginCertificate ||
                         end.verdict == Verdict::kCardNotRecognised;
  if (seemingly && services.cards.card_left()) end.verdict = Verdict::kCardRemoved;
  services.cards.close();  // resets every card
  return end;
}

}  // namespace jpki::registration
