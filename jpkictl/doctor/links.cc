// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/links.h"

#include <algorithm>
#include <cstdlib>

namespace jpki::ctl::doctor {
namespace {

using V = Verdict;

const std::vector<Link>& table() {
  static const std::vector<Link> links{
      // The host, and what pam_jpki.so starts.
      {"pam-module", N_("PAM module"), {}, {}, judge_pam_module},
      {"pam-lines", N_("Lines in /etc/pam.d"), {}, {V::kHelperNotStarted}, judge_pam_lines},
      {"pam-options",
       N_("Options in /etc/pam.d"),
       {"pam-lines"},
       {V::kConfigInvalid, V::kNobodyToAsk, V::kRemoteLogin, V::kTimeout},
       judge_pam_options},
      {"helper-user",
       N_("User of logins"),
       {},
       {V::kPrivilegesNotDropped, V::kHelperFailed},
       judge_helper_user},
      {"programs",
       N_("Programs of logins"),
       {"helper-user"},
       {V::kHelperNotStarted, V::kHelperFailed, V::kAccountStateUnknown},
       judge_programs},
      {"directories",
       N_("Directories"),
       {"helper-user"},
       {V::kRevocationMemoryUnusable, V::kConfigInvalid, V::kInternal},
       judge_directories},
      {"disk", N_("Disk space"), {"directories"}, {V::kInternal, V::kRevocationMemoryUnusable}, judge_disk},
      {"opensc-conf",
       N_("OpenSC's settings for logins"),
       {"helper-user"},
       {V::kConfigInvalid},
       judge_opensc_conf},
      {"configuration",
       N_("Configuration"),
       {"helper-user", "directories"},
       {V::kConfigInvalid},
       judge_configuration},
      {"clock",
       N_("Clock"),
       {},
       {V::kCertificateExpired, V::kCertificateNotYetValid, V::kAnchorRetired, V::kRevocationStale,
        V::kRevocationUnknown, V::kAccountStateStale},
       judge_clock},
      // The card.
      {"polkit", N_("Permission to use readers"), {"helper-user"}, {V::kCardServiceDown}, judge_polkit},
      {"card-service",
       N_("Card service (pcscd)"),
       {"helper-user", "polkit"},
       {V::kCardServiceDown, V::kCardSilent, V::kTimeout},
       judge_card_service},
      {"modules",
       N_("PKCS#11 modules"),
       {"configuration", "opensc-conf"},
       {V::kModuleUnusable, V::kNoLoginCertificate},
       judge_modules},
      {"reader", N_("Card reader"), {"card-service"}, {V::kNoReader}, judge_reader},
      {"card",
       N_("Card"),
       {"reader"},
       {V::kNoCard, V::kCardNotRecognised, V::kCardRemoved, V::kSeveralCards, V::kCardSilent, V::kCardError,
        V::kNoLoginCertificate, V::kCardBusy},
       judge_card},
      {"tries",
       N_("Tries left for the PIN"),
       {"card"},
       {V::kPinLocked, V::kPinIncorrect, V::kLastTryNotConfirmed, V::kSignaturePinLocked,
        V::kCardNotRecognised},
       judge_tries},
      // Whom the card belongs to, and whether it is still good.
      {"anchors",
       N_("Trust anchors"),
       {"configuration"},
       {V::kAnchorsInvalid, V::kCertificateUntrusted},
       judge_anchors},
      {"windows",
       N_("Acceptance periods of the anchors"),
       {"anchors"},
       {V::kAnchorRetired, V::kCertificateUntrusted},
       judge_windows},
      {"certificate",
       N_("Certificate on the card"),
       {"clock", "card", "windows"},
       {V::kCertificateMalformed, V::kCertificateUntrusted, V::kCertificateExpired,
        V::kCertificateNotYetValid, V::kCertificateUnacceptable, V::kPolicyNotAccepted, V::kAnchorRetired,
        V::kAlgorithmWeak, V::kKindNotAllowed, V::kKindUnknown},
       judge_certificate},
      {"site-key", N_("Site key"), {"configuration"}, {V::kRevocationMemoryUnusable}, judge_site_key},
      {"revoked-memory",
       N_("Memory of revoked certificates"),
       {"directories", "configuration", "site-key"},
       {V::kRevocationMemoryUnusable},
       judge_memory},
      {"crl-index",
       N_("Compiled CRLs"),
       {"directories", "configuration", "clock"},
       {V::kRevocationUnknown, V::kRevocationInvalid},
       judge_crl_index},
      {"crl-age",
       N_("Age of the CRLs"),
       {"crl-index"},
       {V::kRevocationStale, V::kRevocationUnknown},
       judge_crl_age},
      {"crl-timer",
       N_("Timer of the CRLs"),
       {},
       {V::kRevocationStale, V::kRevocationUnknown},
       judge_crl_timer},
      {"service-hours",
       N_("Sources of revocation data, next 24 hours"),
       {"configuration"},
       {V::kRevocationUnknown},
       judge_service_hours},
      {"tls-anchors",
       N_("TLS anchors"),
       {"configuration"},
       {V::kConfigInvalid, V::kRevocationUnknown},
       judge_tls_anchors},
      {"source-answers",
       N_("Servers of revocation data"),
       {"programs", "configuration", "tls-anchors"},
       {V::kRevocationUnknown, V::kRevocationStale, V::kRevocationInvalid, V::kHelperNotStarted},
       judge_source_answers},
      {"auxiliary",
       N_("Files that logins can do without"),
       {"configuration"},
       {V::kCertificateUntrusted, V::kRevocationInvalid},
       judge_auxiliary},
      // The account.
      {"accounts",
       N_("Account map"),
       {"configuration"},
       {V::kMapUnusable, V::kNotMapped, V::kMappingAmbiguous, V::kOtherUser},
       judge_accounts},
      {"account-names", N_("Accounts of the map"), {"accounts"}, {V::kAccountUnusable}, judge_account_names},
      {"ad-configuration",
       N_("Active Directory: settings"),
       {},
       {V::kAccountStateUnknown, V::kMapUnusable},
       judge_directory_configuration},
      {"ad-secret",
       N_("Active Directory: key of this machine"),
       {"ad-configuration"},
       {V::kAccountStateStale, V::kAccountStateUnknown},
       judge_directory_secret},
      {"snapshots",
       N_("Active Directory: accounts on the disk"),
       {"ad-configuration"},
       {V::kAccountStateUnknown, V::kMapUnusable, V::kAccountOther},
       judge_snapshots},
      {"snapshot-age",
       N_("Active Directory: age of the accounts"),
       {"clock", "snapshots"},
       {V::kAccountStateStale, V::kNotMapped},
       judge_snapshot_age},
      {"bindings",
       N_("Active Directory: certificates of accounts"),
       {"configuration", "snapshots"},
       {V::kMapUnusable, V::kNotMapped, V::kMappingAmbiguous},
       judge_bindings},
      {"account-rules",
       N_("Active Directory: rules about groups"),
       {"snapshots"},
       {V::kGroupDenied},
       judge_account_rules},
      {"ad-timer",
       N_("Active Directory: timer"),
       {"ad-configuration"},
       {V::kAccountStateStale, V::kNotMapped},
       judge_directory_timer},
      {"name-service",
       N_("Name service (nsswitch.conf)"),
       {"ad-configuration"},
       {V::kAccountUnusable},
       judge_name_service},
      {"pam-account",
       N_("Account lines in /etc/pam.d"),
       {"pam-lines", "ad-configuration"},
       {},
       judge_pam_account},
      // What people see, and what goes on after the login.
      {"language", N_("Japanese messages"), {}, {}, judge_language},
      {"greeter", N_("Login screen"), {"helper-user"}, {}, judge_greeter},
      {"lockers",
       N_("Screen lockers"),
       {"programs"},
       {V::kMapUnusable, V::kAccountStateUnknown},
       judge_lockers},
      {"guard", N_("Guard of the card"), {}, {}, judge_guard},
  };
  return links;
}

bool contains(const std::vector<std::string_view>& ids, std::string_view id) {
  return std::ranges::find(ids, id) != ids.end();
}

// The links that can lead to `refusal`, and all that they need.
std::vector<std::string_view> suspects(std::span<const Link> links, Verdict refusal) {
  std::vector<std::string_view> ids;
  for (const Link& link : links)
    if (std::ranges::find(link.refusals, refusal) != link.refusals.end()) ids.push_back(link.id);
  for (std::size_t i = 0; i < ids.size(); ++i)
    for (const Link& link : links) {
      if (link.id != ids[i]) continue;
      for (const std::string_view need : link.needs)
        if (!contains(ids, need)) ids.push_back(need);
    }
  return ids;
}

// The first need that is not good; its own cause where it was not judged itself.
std::string_view cause_of(const Link& link, const std::vector<Finding>& judged) {
  for (const std::string_view need : link.needs) {
    const auto found = std::ranges::find(judged, need, &Finding::link);
    if (found == judged.end() || found->state == State::kGood) continue;
    return found->because.empty() ? found->link : found->because;
  }
  return {};
}

Finding judged(const Link& link, const Facts& facts, const std::vector<Finding>& before) {
  Finding finding;
  if (const auto cause = cause_of(link, before); !cause.empty()) {
    finding = could_not_tell({N_("not judged: look at {link} first"), {{"{link}", std::string(cause)}}});
    finding.because = cause;
  } else {
    finding = link.judge(facts);
  }
  finding.link = link.id;
  return finding;
}

}  // namespace

std::string_view name_of(State state) noexcept {
  switch (state) {
    case State::kGood:
      return "good";
    case State::kBad:
      return "bad";
    case State::kCouldNotTell:
      return "could-not-tell";
  }
  return {};
}

Finding good(Sentence seen) {
  return {.state = State::kGood, .seen = std::move(seen)};
}

Finding bad(Sentence seen, Remedy remedy, std::string detail) {
  return {.state = State::kBad,
          .seen = std::move(seen),
          .detail = std::move(detail),
          .remedy = std::move(remedy)};
}

Finding could_not_tell(Sentence seen, Remedy remedy, std::string detail) {
  return {.state = State::kCouldNotTell,
          .seen = std::move(seen),
          .detail = std::move(detail),
          .remedy = std::move(remedy)};
}

const FileFact& Facts::file(const std::string& path) const {
  static const FileFact missing;
  const auto found = files.find(path);
  return found == files.end() ? missing : found->second;
}

std::span<const Link> all_links() {
  return table();
}

std::vector<Finding> walk(std::span<const Link> links, const Facts& facts, std::optional<Verdict> refusal) {
  std::vector<Finding> findings;
  const auto first = refusal ? suspects(links, *refusal) : std::vector<std::string_view>();
  for (const bool suspected : {true, false})
    for (const Link& link : links)
      if (contains(first, link.id) == suspected) findings.push_back(judged(link, facts, findings));
  return findings;
}

std::vector<Finding> walk(const Facts& facts, std::optional<Verdict> refusal) {
  return walk(all_links(), facts, refusal);
}

const Finding* first_bad(const std::vector<Finding>& findings) {
  const auto found = std::ranges::find(findings, State::kBad, &Finding::state);
  return found == findings.end() ? nullptr : &*found;
}

const Link& link_of(const Finding& finding) {
  const auto links = all_links();
  const auto found = std::ranges::find(links, finding.link, &Link::id);
  if (found == links.end()) std::abort();
  return *found;
}

}  // namespace jpki::ctl::doctor
