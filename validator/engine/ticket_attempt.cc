// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/ticket_attempt.h"

#include "base/printable.h"
#include "validator/x509/signature.h"

#include <string.h>

namespace jpki::engine {
namespace {

std::vector<Blob> authorities_of(const CheckedPath& path) {
  std::vector<Blob> authorities;
  for (const x509::Certificate* certificate : path.certificate.chain())
    authorities.push_back(to_blob(certificate->der()));
  return authorities;
}

}  // namespace

TicketAttempt::~TicketAttempt() {
  if (!ticket_.empty()) ::explicit_bzero(ticket_.data(), ticket_.size());
}

void TicketAttempt::begin(const std::string& account, const CheckedPath& path) {
  if (!wanted()) return;
  const auto scheme = x509::challenge_scheme(path.certificate.leaf().subject_public_key_info());
  if (!scheme || *scheme != x509::ChallengeScheme::kRsaSha256)
    return fail({Verdict::kTicketUnusable, "the key of the card is not RSA, which PKINIT needs here"});
  services_.ticketing->begin(account, authorities_of(path));
}

void TicketAttempt::sign(const Candidate& candidate) {
  if (!wanted() || failure_) return;
  services_.dialogue.step(Step::kGettingTicket);
  const auto input = services_.ticketing->to_be_signed(candidate.certificate.der());
  if (!input) return fail(input.error());
  services_.dialogue.step(Step::kSigning);
  auto signature = candidate.token->sign(candidate.id, card::KeyAlgorithm::kRsa, *input);
  if (!signature)
    return fail({Verdict::kTicketUnusable, "signature for the ticket: " + signature.error().cause});
  signature_ = std::move(*signature);
}

Expected<Unit, Refusal> TicketAttempt::conclude() {
  if (!wanted()) return Unit{};
  if (!failure_) {
    services_.dialogue.step(Step::kGettingTicket);
    auto ticket = services_.ticketing->conclude(signature_);
    if (ticket) {
      ticket_ = std::move(*ticket);
      return Unit{};
    }
    fail(ticket.error());
  }
  if (services_.ticketing->required())
    return Unexpected{Refusal{failure_->verdict, "a ticket is required: " + failure_->cause}};
  services_.dialogue.log(LogLevel::kWarning, "no Kerberos ticket: " + code_of(failure_->verdict) + " " +
                                                 std::string(name_of(failure_->verdict)) +
                                                 " cause=" + in_quotes(failure_->cause));
  return Unit{};
}

void TicketAttempt::hand_over() {
  if (!ticket_.empty()) services_.dialogue.ticket(ticket_);
}

std::optional<Verdict> TicketAttempt::missing() const {
  return wanted() && failure_ ? std::optional(failure_->verdict) : std::nullopt;
}

bool TicketAttempt::required() const {
  return wanted() && services_.ticketing->required();
}

void TicketAttempt::fail(ticket::Failure failure) {
  failure_ = std::move(failure);
}

}  // namespace jpki::engine
