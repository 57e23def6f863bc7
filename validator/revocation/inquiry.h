// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Inquiry: the sources about one certificate of the path. The calls come in the order in which they stand
// here.
#pragma once

#include "validator/revocation/online_query.h"
#include "validator/revocation/sources.h"

#include <deque>
#include <vector>

namespace jpki::revocation {

class Inquiry final : public ocsp::ResponderStatus {
 public:
  // About the certificate `depth` steps above the leaf of `path`.
  Inquiry(const Sources& sources, const path::VerifiedCertificate& path, std::size_t depth);

  // Refuses what is revoked for good, as far as can be told without the network. A hold is weighed against
  // what the sources say.
  Expected<Unit, RevocationError> recall();
  Expected<Unit, RevocationError> look_at_crls(Time now);
  // Does a CRL call it good that a source of `planned`, in service, takes?
  bool good_by_crl(const std::vector<schedule::PlannedSource>& planned, Time now) const;
  // Has a CRL told that `now` is behind the real time?
  bool clock_is_behind() const { return crl_.from_future; }
  // Has the sources in service asked, up to a CRL that is conclusive. Refuses when none could vouch.
  // `clock_behind`: an old statement of any source may look fresh.
  Expected<Unit, RevocationError> ask(const std::vector<schedule::PlannedSource>& planned, Time now,
                                      bool clock_behind);

  // The first conclusive answer; revoked by any that is there is final.
  Expected<Evidence, RevocationError> conclude(Time now);

  std::vector<SourceTrace> trace() const;

 private:
  // One rule's part.
  struct Step {
    enum class Kind {
      kKnown,  // `judgement` says it all: a CRL, or why the source could not be asked
      kKept,   // an answer of an earlier login waits in the cache
      kAsked,  // `query` is on its way
    };
    const schedule::SourceRule* rule;
    Kind kind;
    Judgement judgement;
    std::optional<OnlineQuery> query;
    bool judged;
  };

  Judgement judge_crl(const schedule::SourceRule& rule, Time now) const;
  Step make_online_step(const schedule::SourceRule& rule, Time now);
  // As `rule` says; behind a clock that was set back, an answer must have been given to this login.
  const schedule::SourceRule& rule_for(const schedule::SourceRule& rule);
  std::vector<const x509::Certificate*> authorities(const schedule::SourceRule& rule, Time now) const;
  std::string why_not_asked(const schedule::SourceRule& rule, Time now) const;
  // Reads what the network sent; `step` is judged afterwards. `ask_on`: OnlineQuery::conclude().
  void judge(Step& step, Time now, bool ask_on);
  // A good statement counts unless the certificate was put on hold at `lifts` or later.
  void weigh_against_hold(Judgement& judgement, Time lifts) const;
  void keep(const Step& step, Time now);
  // `what`: for the log.
  RevocationError refuse_revoked(const std::string& what, const Judgement& judgement);
  RevocationError refuse_failed(const Step& step, Time now) const;
  RevocationError nothing_conclusive(Time now) const;
  // With the depth behind `clause`. An authority that is revoked is kIssuerRevoked.
  RevocationError refused(Verdict verdict, const std::string& clause) const;
  // ocsp::ResponderStatus: by the CRLs, and by nothing that the responder itself could say.
  Expected<Unit, ocsp::ResponderDoubt> check(const x509::Certificate& responder,
                                             const x509::Certificate& issuer, Time now) const override;

  const Sources& sources_;
  const x509::Certificate& subject_;
  std::vector<const x509::Certificate*> chain_;  // its issuer first, the anchor's last
  const trust::Anchor& anchor_;
  std::size_t depth_;
  Time asked_at_{};
  bool clock_behind_ = false;
  std::deque<schedule::SourceRule> stricter_;  // rules as they are behind a slow clock; steps point to them
  std::optional<Remembered> hold_;
  crl::Finding crl_;
  std::vector<Step> steps_;
  std::vector<std::string> not_asked_;  // "platform: closed until …"
};

}  // namespace jpki::revocation
