// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/online_query.h"

#include "base/whole_transfer.h"
#include "validator/fetch/fetch_protocol.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>

namespace jpki::revocation {
namespace {

using fetch::FetchRequest;
using std::chrono::milliseconds;

static_assert(2 * schedule::kMaxResponders <= fetch::kMaxAlternatives);
constexpr char kRequestType[] = "application/ocsp-request";
constexpr char kResponseType[] = "application/ocsp-response";
constexpr milliseconds kGrace{1000};  // for jpki-fetch to say that the time-out has passed

Expected<Blob, std::string> make_nonce(bool wanted) {
  Blob nonce(wanted ? ocsp::kNonceSize : 0);
  if (wanted && ::getrandom(nonce.data(), nonce.size(), 0) != static_cast<ssize_t>(nonce.size()))
    return Unexpected{std::string("getrandom: ") + std::strerror(errno)};
  return nonce;
}

// POST, whose URL names nobody: that is what the access logs of responders and proxies keep. Where the rule
// says so, RFC 5019 5's form that a cache can answer comes first (with a nonce none can). Hedged: each
// responder is asked once before any is asked in another form.
std::vector<FetchRequest::Alternative> alternatives_for(const schedule::SourceRule& rule,
                                                        const std::vector<std::string>& urls,
                                                        const ocsp::Request& request) {
  std::vector<FetchRequest::Alternative> all;
  std::vector<FetchRequest::Alternative> later;
  const bool hedged = rule.hedge_after.count() > 0;
  for (const std::string& url : urls) {
    const auto get = rule.by_get && !rule.nonce ? ocsp::get_url(url, request) : std::nullopt;
    const FetchRequest::Alternative post{url, request.der, kRequestType};
    if (get) all.push_back({*get, {}, {}});
    (get && hedged ? later : all).push_back(post);
  }
  all.insert(all.end(), later.begin(), later.end());
  return all;
}

// Why there is no answer: the source's silence, or a failure of our own, which says nothing about the source.
Judgement unanswered(const fetch::FetchError& error) {
  using Reason = fetch::FetchError::Reason;
  Judgement judgement{.clause = error.text};
  if (error.reason == Reason::kNotStarted) judgement.verdict = Verdict::kHelperNotStarted;
  if (error.reason == Reason::kHelper) judgement.verdict = Verdict::kHelperFailed;
  return judgement;
}

// More severe than `other`? Of several authorities the one that came furthest tells why.
bool tells_more(const Judgement& judgement, const std::optional<Judgement>& other) {
  return !other || judgement.good() || judgement.revoked() ||
         (other->verdict == Verdict::kRevocationInvalid && judgement.verdict != Verdict::kRevocationInvalid);
}

Judgement judge_by(const ocsp::OcspPolicy& policy, Bytes response, Bytes nonce, const AnswerRules& rules,
                   const x509::Certificate& subject, const x509::Certificate& issuer, Time now) {
  const auto answer = ocsp::check_response(response, subject, issuer, nonce, rules.local_responders,
                                           rules.responder_status, policy, now);
  if (!answer)
    return {.verdict = answer.error().verdict,
            .clause = answer.error().clause,
            .this_update = answer.error().this_update};
  Judgement judgement{.clause = answer->clause, .this_update = answer->this_update};
  switch (answer->status) {
    case ocsp::Status::kGood:
      judgement.verdict = Verdict::kAccepted;
      judgement.next_update = answer->next_update;
      judgement.carried = answer->carried;
      break;
    case ocsp::Status::kRevoked:
      judgement.verdict = Verdict::kRevoked;
      judgement.on_hold = answer->on_hold;
      break;
    case ocsp::Status::kUnknown:
      judgement.verdict = Verdict::kRevocationUnknown;
      break;
  }
  return judgement;
}

}  // namespace

Judgement judge_response(Bytes response, Bytes nonce, const AnswerRules& rules,
                         const x509::Certificate& subject, const x509::Certificate& issuer, Time now) {
  ocsp::OcspPolicy policy;
  policy.max_age = rules.rule.max_age;
  policy.clock_skew = rules.clock_skew;
  policy.asked_at = rules.asked_at;
  policy.algorithms = rules.algorithms;
  policy.require_nonce = rules.rule.nonce;
  policy.single_extension = rules.single_extension;
  if (rules.authorities.empty()) return judge_by(policy, response, nonce, rules, subject, issuer, now);
  std::optional<Judgement> best;
  for (const x509::Certificate* authority : rules.authorities) {
    policy.authority = authority;
    Judgement judgement = judge_by(policy, response, nonce, rules, subject, issuer, now);
    if (tells_more(judgement, best)) best = std::move(judgement);
  }
  return *best;
}

Expected<OnlineQuery, Judgement> OnlineQuery::start(const schedule::SourceRule& rule,
                                                    const x509::Certificate& subject,
                                                    const x509::Certificate& issuer,
                                                    fetch::Fetcher& fetcher) {
  std::vector<std::string> urls = rule.urls.empty() ? subject.ocsp_uris() : rule.urls;
  if (urls.size() > schedule::kMaxResponders) urls.resize(schedule::kMaxResponders);
  if (urls.empty())
    return Unexpected{Judgement{.clause = "neither the certificate nor the rule names a responder"}};
  const auto nonce = make_nonce(rule.nonce);
  if (!nonce) return Unexpected{Judgement{.clause = nonce.error()}};
  OnlineQuery query(subject, issuer, fetcher);
  query.request_ = ocsp::make_request(
      subject, issuer, rule.sha256_cert_id ? ocsp::CertIdHash::kSha256 : ocsp::CertIdHash::kSha1, *nonce);
  query.fetch_.alternatives = alternatives_for(rule, urls, query.request_);
  query.fetch_.hedge_after = rule.hedge_after;
  query.fetch_.max_size = ocsp::kMaxResponseSize;
  query.fetch_.accept = kResponseType;
  query.fetch_.tls_trust = rule.tls_trust;
  query.asked_ = Deadline::ClockType::now();
  query.asked_on_ = std::chrono::system_clock::now();
  if (auto asked = query.ask(0, rule.timeout); !asked) return Unexpected{asked.error()};
  return query;
}

Expected<Unit, Judgement> OnlineQuery::ask(std::size_t first, milliseconds timeout) {
  document_ = UniqueFd(::memfd_create("ocsp-answer", MFD_CLOEXEC));
  if (!document_.valid())
    return Unexpected{Judgement{.clause = std::string("memfd_create: ") + std::strerror(errno)}};
  fetch_.alternatives.erase(fetch_.alternatives.begin(),
                            fetch_.alternatives.begin() + static_cast<std::ptrdiff_t>(first));
  fetch_.timeout = timeout;
  patience_ = Deadline::after(timeout + kGrace);
  const auto ticket = fetcher_->start(fetch_, document_);
  if (!ticket) return Unexpected{unanswered(ticket.error())};
  ticket_ = *ticket;
  return Unit{};
}

Judgement OnlineQuery::conclude(const AnswerRules& rules, Time now, bool ask_on) {
  std::optional<Judgement> best;
  // The person's time at the prompt is not the network's.
  milliseconds left = rules.rule.timeout;
  Ticks begun = asked_;
  while (true) {
    const auto answering = receive();
    if (!answering && !best) return answering.error();
    if (!answering) return *best;
    Judgement judgement = judge_response(response_, request_.nonce, rules, *subject_, *issuer_, now);
    if (tells_more(judgement, best)) best = std::move(judgement);
    if (best->good() || best->revoked() || !ask_on) return *best;
    const Ticks::duration took = answered_.value_or(Deadline::ClockType::now()) - begun;
    left -= std::max(std::chrono::duration_cast<milliseconds>(took), milliseconds(0));
    if (*answering + 1 >= fetch_.alternatives.size() || left <= milliseconds(0)) return *best;
    begun = Deadline::ClockType::now();
    if (!ask(*answering + 1, left)) return *best;
  }
}

Expected<std::size_t, Judgement> OnlineQuery::receive() {
  const auto answer = fetcher_->await(ticket_, patience_);
  if (!answer) return Unexpected{unanswered(answer.error())};
  note_arrival();
  response_.resize(std::min<std::size_t>(answer->size, ocsp::kMaxResponseSize));
  if (read_at(document_.get(), response_, 0) != response_.size())
    return Unexpected{Judgement{.verdict = Verdict::kHelperFailed, .clause = "the answer cannot be read"}};
  return answer->alternative;
}

// The fetcher worked while a person was typing: when it wrote the document is when the answer was there.
void OnlineQuery::note_arrival() {
  struct stat info {};
  if (::fstat(document_.get(), &info) != 0) return;
  const auto written =
      std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec);
  const auto later = written - asked_on_.time_since_epoch();
  answered_ = asked_ + std::max<Ticks::duration>(std::chrono::duration_cast<Ticks::duration>(later), {});
}

}  // namespace jpki::revocation
