// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A site with an OCSP platform by day and CRLs by night, a network that follows a script, and people's
// certificates of pki_fixture.h.
#pragma once

#include "tests/unit/validator/crl_fixture.h"
#include "tests/unit/validator/ocsp_fixture.h"
#include "validator/crl/decoded_crl.h"
#include "validator/fetch/fetch_protocol.h"
#include "validator/revocation/file_memory.h"
#include "validator/revocation/sources_check.h"

#include <deque>
#include <functional>
#include <map>

#include <sys/stat.h>
#include <unistd.h>

namespace jpki::test {

using namespace std::chrono_literals;

// 2024-06-03, a Monday, in Japan.
inline constexpr Time kNoon = kNow + 2 * kDay + 3h;
inline constexpr Time kNight = kNoon + 9h;

inline constexpr char kPlatform[] = "http://platform.example/ocsp";

// Answers each URL as the script says, at once; counts what it was asked.
class ScriptedFetcher final : public fetch::Fetcher {
 public:
  using Reply = Expected<Blob, fetch::FetchError>;
  std::map<std::string, std::function<Reply(const fetch::FetchRequest&)>>
      script;  // by the beginning of a URL
  std::vector<fetch::FetchRequest> requests;
  int awaited = 0;
  bool never_started = false;
  bool slow = false;          // answers come when they are waited for, not before
  std::uint64_t missing = 0;  // octets that an answer has not, but says
  std::optional<std::chrono::system_clock::time_point> written_at;  // the documents; otherwise when asked
  std::vector<Deadline> deadlines;                                  // of what was waited for

  Expected<fetch::Ticket, fetch::FetchError> start(const fetch::FetchRequest& request,
                                                   const UniqueFd& into) override {
    if (never_started)
      return Unexpected{fetch::FetchError{fetch::FetchError::Reason::kNotStarted, "jpki-fetch: no"}};
    requests.push_back(request);
    ck_assert_uint_le(request.alternatives.size(), fetch::kMaxAlternatives);
    Reply reply =
        Unexpected{fetch::FetchError{fetch::FetchError::Reason::kForbidden, "no rule allows the host"}};
    for (const auto& [url, answer] : script)
      if (request.alternatives.front().url.starts_with(url)) reply = answer(request);
    if (reply)
      ck_assert_int_eq(::pwrite(into.get(), reply->data(), reply->size(), 0), (ssize_t)reply->size());
    if (written_at) {
      const auto since = std::chrono::floor<std::chrono::nanoseconds>(written_at->time_since_epoch());
      const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
      const timespec when[] = {
          {0, UTIME_OMIT},
          {static_cast<time_t>(seconds.count()), static_cast<long>((since - seconds).count())}};
      ck_assert_int_eq(::futimens(into.get(), when), 0);
    }
    replies_.push_back(std::move(reply));
    return static_cast<fetch::Ticket>(replies_.size() - 1);
  }
  Expected<fetch::FetchAnswer, fetch::FetchError> await(fetch::Ticket ticket, Deadline deadline) override {
    ++awaited;
    deadlines.push_back(deadline);
    const Reply& reply = replies_.at(ticket);
    if (!reply) return Unexpected{reply.error()};
    fetch::FetchAnswer answer;
    answer.size = reply->size() + missing;
    return answer;
  }
  bool arrived(fetch::Ticket) override { return !slow; }

 private:
  std::vector<Reply> replies_;
};

// Whatever CRLs a test has.
class ListedCrls final : public revocation::CrlEvidence {
 public:
  std::deque<Blob> files;
  bool clock_behind = false;  // behind the time at which they were compiled

  bool clock_is_behind(Time) const override { return clock_behind; }
  crl::Finding find(const x509::Certificate& subject, std::span<const x509::Certificate* const> chain,
                    const trust::Anchor& anchor, Time now) const override {
    std::deque<crl::DecodedCrl> decoded;
    std::vector<const crl::CrlView*> views;
    for (const Blob& file : files) {
      auto crl = crl::DecodedCrl::decode(file);
      ck_assert_msg(crl.has_value(), "%s", crl ? "" : crl.error().c_str());
      views.push_back(&decoded.emplace_back(std::move(*crl)));
    }
    return crl::check_crls(subject, chain, views, {{}, {}, &anchor, {}, now});
  }
};

// A memory that can be spoilt.
class FragileMemory final : public revocation::RevokedMemory {
 public:
  explicit FragileMemory(const revocation::EvidenceDirectory& directory) : memory_(directory) {}
  bool unreadable = false;
  bool full = false;

  using Certificate = x509::Certificate;
  Expected<std::optional<revocation::Remembered>, std::string> recall(
      const Certificate& subject, const Certificate& issuer) const override {
    if (unreadable) return Unexpected{std::string("evidence: Permission denied")};
    return memory_.recall(subject, issuer);
  }
  Expected<Unit, std::string> remember(const Certificate& subject, const Certificate& issuer,
                                       const revocation::Remembered& what) override {
    if (full) return Unexpected{std::string("evidence: No space left on device")};
    return memory_.remember(subject, issuer, what);
  }
  Expected<Unit, std::string> forget_hold(const Certificate& subject, const Certificate& issuer) override {
    if (full) return Unexpected{std::string("evidence: No space left on device")};
    return memory_.forget_hold(subject, issuer);
  }

 private:
  revocation::FileMemory memory_;
};

inline schedule::SourceRule crl_rule() {
  schedule::SourceRule rule;
  rule.name = "crl";
  rule.type = schedule::SourceType::kCrl;
  rule.max_age = std::chrono::hours(48);
  return rule;
}

inline schedule::SourceRule ocsp_rule(const std::string& name = "platform",
                                      const std::string& url = kPlatform) {
  schedule::SourceRule rule;
  rule.name = name;
  rule.type = schedule::SourceType::kOcsp;
  rule.urls = {url};
  return rule;
}

// Open from 08:30 to 17:15 in Japan.
inline schedule::SourceRule day_rule() {
  schedule::SourceRule rule = ocsp_rule();
  rule.hours.hours = {*schedule::parse_interval("08:30-17:15")};
  return rule;
}

// A partition of the person's municipality, published at `when`.
inline Blob crl_of(Time when, std::optional<std::uint8_t> reason_of_person = std::nullopt) {
  auto crl = city_crl("Chiyoda CRLDP");
  crl.this_update = when;
  crl.next_update = when + 7 * kDay;
  if (reason_of_person) crl.revoke(kPersonSerial, when - 1h, *reason_of_person);
  return crl.sign(key("root"));
}

// What the platform says about the person at `when`, by the CA's own key.
inline tocsp::ResponseBuilder statement(Time when, Blob status = tocsp::good()) {
  auto builder = response(single(std::move(status)));
  builder.produced_at = when;
  builder.responses[0].this_update = when;
  builder.responses[0].next_update = when + 15min;
  return builder;
}

class Site {
 public:
  TemporaryDirectory directory;
  std::vector<schedule::SourceRule> rules{day_rule(), crl_rule()};
  std::string segment;
  std::string single_extension;
  trust::TrustStore anchors = store_of(root());
  std::vector<x509::Certificate> pool;
  x509::Certificate leaf = decoded(person().sign(key("root")));
  ListedCrls crls;
  ScriptedFetcher network;
  std::vector<std::string> alarms;
  revocation::LocalResponders responders;
  revocation::EvidenceDirectory evidence{private_directory(), Blob(32, 9)};
  FragileMemory memory{evidence};
  revocation::EvidenceCache cache{evidence};
  bool with_cache = true;
  bool with_network = true;
  Time now = kNoon;
  std::chrono::seconds typing{0};  // from begin() to conclude()
  std::vector<revocation::SourceTrace> traces;

  Site() { crls.files = {crl_of(kNoon - 20h)}; }

  void platform_says(std::function<ScriptedFetcher::Reply(const fetch::FetchRequest&)> answer) {
    network.script[kPlatform] = std::move(answer);
  }
  void platform_says(const Blob& response) {
    platform_says([response](const fetch::FetchRequest&) { return response; });
  }
  void platform_fails(fetch::FetchError::Reason reason, const std::string& text) {
    platform_says([reason, text](const fetch::FetchRequest&) -> ScriptedFetcher::Reply {
      return Unexpected{fetch::FetchError{reason, text}};
    });
  }

  revocation::Sources sources() {
    return {.rules = rules,
            .segment = segment,
            .anchors = anchors,
            .crls = crls,
            .memory = memory,
            .cache = with_cache ? &cache : nullptr,
            .fetcher = with_network ? &network : nullptr,
            .local_responders = responders,
            .single_extension = single_extension,
            .alarm = [this](const std::string& text) { alarms.push_back(text); }};
  }

  using Result = Expected<revocation::Evidence, revocation::RevocationError>;
  // Both steps of one login. A refusal of the first one is told by `early`.
  Result login() {
    const auto path = path::validate_path(leaf, pool, anchors, jpki_policy(), now);
    ck_assert_msg(path.has_value(), "%s", path ? "" : path.error().clause.c_str());
    revocation::SourcesCheck check(sources());
    const auto seen = check.look(*path, now);
    const auto begun = seen ? check.begin(now) : Unexpected{seen.error()};
    early = !begun;
    ck_assert_int_eq(network.awaited, 0);
    Result result = begun ? check.conclude(now + typing) : Result(Unexpected{begun.error()});
    network.awaited = 0;
    traces = check.trace();
    return result;
  }
  bool early = false;

  void expect_good(const std::string& source, std::chrono::seconds age) {
    const auto result = login();
    if (!result) ck_abort_msg("refused: %s", result.error().clause.c_str());
    expect_text(result->source, source);
    ck_assert_int_eq(result->age.count(), age.count());
  }
  void expect_refused(Verdict verdict, const std::string& clause) {
    const auto result = login();
    ck_assert_msg(!result, "good by %s", result ? result->source.c_str() : "");
    expect_verdict(result.error().verdict, verdict, result.error().clause);
    expect_contains(result.error().clause, clause);
  }

 private:
  std::string private_directory() const {
    ::chmod(directory.path().c_str(), 0700);
    return directory.path();
  }
};

}  // namespace jpki::test
