// SPDX-License-Identifier: LGPL-2.1-or-later
//
// OnlineQuery: one rule of type "ocsp" or "cvs" about one certificate: asked in start(), judged in
// conclude(). Nothing that the network sent is looked at in between.
#pragma once

#include "validator/fetch/fetcher.h"
#include "validator/ocsp/ocsp_check.h"
#include "validator/ocsp/ocsp_request.h"
#include "validator/revocation/judgement.h"
#include "validator/schedule/source_rule.h"

#include <optional>
#include <string>

namespace jpki::revocation {

// How the answers of one rule are judged.
struct AnswerRules {
  const schedule::SourceRule& rule;
  std::span<const x509::Certificate> local_responders;
  // Who may sign or delegate in place of the certificate's issuer (R14); empty: the issuer alone.
  std::span<const x509::Certificate* const> authorities;
  const ocsp::ResponderStatus& responder_status;
  std::chrono::seconds clock_skew;
  Time asked_at;  // as of when an answer may be stale
  x509::AlgorithmPolicy algorithms = {};
  std::string_view single_extension = {};  // OcspPolicy
};

// What `response` says; `nonce`: as sent, empty when it was kept from an earlier login.
Judgement judge_response(Bytes response, Bytes nonce, const AnswerRules& rules,
                         const x509::Certificate& subject, const x509::Certificate& issuer, Time now);

class OnlineQuery {
 public:
  // Has the responders of `rule`, or those of the certificate itself, asked. The error says why nobody could
  // be: kRevocationUnknown, or kHelperNotStarted and kHelperFailed where that says nothing about them.
  // `subject`, `issuer`, `rule` and `fetcher` must outlive the query.
  static Expected<OnlineQuery, Judgement> start(const schedule::SourceRule& rule,
                                                const x509::Certificate& subject,
                                                const x509::Certificate& issuer, fetch::Fetcher& fetcher);

  // Waits for the answer for as long as the rule allows, once. With `ask_on`, an answer that decides nothing
  // (tryLater, somebody's error page) has the remaining responders asked, in what the network left of the
  // rule's time-out.
  Judgement conclude(const AnswerRules& rules, Time now, bool ask_on);
  // Is the answer here?
  bool arrived() const { return fetcher_->arrived(ticket_); }
  // As received; for the cache. After conclude().
  Bytes response() const { return response_; }

  using Ticks = SourceTrace::Ticks;
  Ticks asked() const { return asked_; }
  // After conclude(): when the document had been written, nothing when there is none.
  std::optional<Ticks> answered() const { return answered_; }

 private:
  OnlineQuery(const x509::Certificate& subject, const x509::Certificate& issuer, fetch::Fetcher& fetcher)
      : subject_(&subject), issuer_(&issuer), fetcher_(&fetcher) {}
  // Has the alternatives from `first` on asked.
  Expected<Unit, Judgement> ask(std::size_t first, std::chrono::milliseconds timeout);
  // Which alternative answered.
  Expected<std::size_t, Judgement> receive();
  void note_arrival();

  const x509::Certificate* subject_;
  const x509::Certificate* issuer_;
  fetch::Fetcher* fetcher_;
  ocsp::Request request_;
  fetch::FetchRequest fetch_;
  UniqueFd document_;
  fetch::Ticket ticket_ = 0;
  Ticks asked_{};
  std::chrono::system_clock::time_point asked_on_;
  Deadline patience_ = Deadline::never();
  std::optional<Ticks> answered_;
  Blob response_;
};

}  // namespace jpki::revocation
