// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/self_check.h"

#include "base/sandbox/privileges.h"
#include "validator/card/pkcs11_source.h"
#include "validator/card/session_socket.h"
#include "validator/installation.h"
#include "validator/map/snapshot_map.h"
#include "validator/map/whole_map.h"
#include "validator/revocation/pseudonym_key.h"
#include "validator/succession/feed.h"
#include "validator/succession/overlay.h"
#include "validator/succession/resolver.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

namespace jpki {
namespace {

// A renewed certificate has to be asked for, and brought to every machine.
constexpr std::chrono::days kRenewalTime{30};

void check_identity(CheckReport& report) {
  report.about(subject::kIdentity);
  if (::geteuid() != 0)
    report.warning("not run as root: a login reads the files as " JPKI_HELPER_USER ", this check as you");
  if (const auto dropped = sandbox::drop_privileges(JPKI_HELPER_USER); !dropped)
    report.error(Verdict::kPrivilegesNotDropped, dropped.error());
}

// A card whose kind no anchor vouches for now is refused (JPKI-302, JPKI-307), whoever holds it.
void check_windows(const std::vector<x509::Kind>& kinds, const trust::TrustStore& anchors, Time now,
                   CheckReport& report) {
  report.about(subject::kWindows);
  for (const x509::Kind kind : kinds) {
    const bool any = std::ranges::any_of(anchors, [&](const trust::Anchor& anchor) {
      return anchor.serves(trust::Function::kLogin) && anchor.vouches_for(kind) && anchor.accepted_at(now) &&
             anchor.certificate.not_before() <= now && anchor.certificate.not_after() >= now;
    });
    if (!any)
      report.warning(
          fmt::format("no anchor in force vouches for certificates of kind {}: nobody can log in "
                      "with one ({})",
                      x509::name_of(kind), code_of(Verdict::kAnchorRetired)));
  }
}

void check_anchors(const config::Config& config, Time now, CheckReport& report) {
  report.about(subject::kAnchors);
  const auto anchors = trust::load_trust_store(config.anchors_directory);
  if (!anchors) return report.error(Verdict::kAnchorsInvalid, anchors.error());
  for (const trust::Anchor& anchor : *anchors) {
    const bool current = anchor.accepted_at(now) && anchor.certificate.not_after() >= now;
    report.good(
        fmt::format("anchor {}: {}", anchor.name, current ? "in force" : "outside its window or expired"));
    // Each pair once.
    if (const trust::Anchor* twin = trust::twin_of(anchor, *anchors); twin != nullptr && &anchor < twin)
      report.warning(
          fmt::format("anchors {} and {} are the same CA: retiring one changes nothing while the other "
                      "remains; keep only one of them",
                      anchor.name, twin->name));
  }
  check_windows(config.login_kinds, *anchors, now, report);
}

void check_snapshot(const config::Config& config, Time now, CheckReport& report) {
  report.about(subject::kBindings);
  const auto snapshot = map::SnapshotMap::open(config.account_snapshots, config.role_groups);
  if (!snapshot) return report.error(snapshot.error().verdict, snapshot.error().cause);
  if (snapshot->binding_count() == 0)
    report.warning(config.account_snapshots + ": no altSecurityIdentities binds a certificate");
  report.good(fmt::format("{}: {} account(s), {} binding(s), {} h old", config.account_snapshots,
                          snapshot->account_count(), snapshot->binding_count(),
                          (now - snapshot->synchronized()) / std::chrono::hours(1)));
}

// Each refuses whom it was to bind, nobody else.
void complain_about_lines(const std::string& path, const std::vector<std::string>& complaints,
                          CheckReport& report) {
  constexpr std::size_t kShown = 20;
  for (std::size_t i = 0; i < std::min(complaints.size(), kShown); ++i)
    report.error(Verdict::kMapUnusable, path + complaints[i]);
  if (complaints.size() > kShown)
    report.error(Verdict::kMapUnusable,
                 fmt::format("{}: {} more lines are wrong", path, complaints.size() - kShown));
}

void check_accounts(const config::Config& config, Time now, CheckReport& report) {
  if (config.account_source == config::AccountSource::kActiveDirectory) check_snapshot(config, now, report);
  std::error_code ignored;
  const bool needed = config.account_source == config::AccountSource::kFile;
  if (!needed && !std::filesystem::exists(config.account_map_file, ignored)) return;
  report.about(subject::kAccounts);
  const auto map = map::load_map(config.account_map_file);
  if (!map) return report.error(map.error().verdict, map.error().cause);
  complain_about_lines(config.account_map_file, map->complaints, report);
  const auto accounts = map->accounts();
  if (accounts.empty() && needed)
    report.warning(config.account_map_file + ": binds no certificate to an account");
  for (const std::string& account : accounts)
    if (::getpwnam(account.c_str()) == nullptr)
      report.warning(config.account_map_file + ": account " + account + " does not exist on this machine");
  report.good(fmt::format("{}: {} account(s)", config.account_map_file, accounts.size()));
}

// The compiled CRLs that a login reads; what of the directory is not among them, jpki-crl-refresh tells.
void check_index(const config::Config& config, Time now, CheckReport& report) {
  report.about(subject::kCrlIndex);
  const auto policy = crl_policy_of(config);
  const revocation::IndexedCrls crls(config.crl_index_file, {}, {}, policy);
  if (crls.index() == nullptr)
    return report.error(crls.problem().standing == crl::Standing::kNotCovered ? Verdict::kRevocationUnknown
                                                                              : Verdict::kRevocationInvalid,
                        crls.problem().clause);
  const auto count = static_cast<std::uint32_t>(crls.index()->section_count());
  std::uint32_t stale = 0;
  std::optional<Time> oldest;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto crl = crls.index()->section(i);
    if (!crl) return report.error(Verdict::kRevocationInvalid, crl.error());
    const crl::CrlHeader& header = crl->header();
    if (now - header.this_update > policy.max_age || !header.next_update || now > *header.next_update)
      ++stale;
    oldest = std::min(oldest.value_or(header.this_update), header.this_update);
  }
  const auto hours = [](std::chrono::seconds span) { return span / std::chrono::hours(1); };
  if (count == 0) report.error(Verdict::kRevocationUnknown, config.crl_index_file + ": contains no CRL");
  report.about(subject::kCrlAge);
  if (stale > 0)
    report.warning(fmt::format("{}: {} CRL(s) older than {} h or past nextUpdate; run: jpki-crl-refresh -v",
                               config.crl_index_file, stale, hours(policy.max_age)));
  if (oldest)
    report.good(fmt::format("{}: {} CRL(s), the oldest {} h old", config.crl_index_file, count,
                            hours(now - *oldest)));
}

// Files that a login can do without.
void check_auxiliary_files(const config::Config& config, Time now, CheckReport& report) {
  report.about(subject::kAuxiliary);
  std::vector<std::string> problems = config.problems;
  (void)load_responders(config, problems);
  const auto intermediates = trust::load_intermediate_files(config.intermediates_directory, problems);
  for (const std::string& text : problems) report.warning(text + "; logins work without it");
  check_intermediates(intermediates, now, report);
}

// Whether the network can be asked, and what was once called revoked can be known.
void check_sources(const config::Config& config, const Blob& key, Time now, CheckReport& report) {
  check_service(config.sources, config.segment, now, report);
  check_auxiliary_files(config, now, report);
  report.about(subject::kTlsAnchors);
  for (const auto& [name, file] : config.fetch.tls_trust)
    if (const auto opened = open_trusted_file(file); !opened)
      report.error(Verdict::kConfigInvalid, opened.error().text);
  report.about(subject::kRevokedMemory);
  const revocation::EvidenceDirectory evidence(config.evidence_directory, key);
  const auto of_logins = evidence.of_logins_if_any();
  const auto remembered =
      revocation::FileMemory(of_logins ? *of_logins : evidence, of_logins ? &evidence : nullptr).size();
  if (!remembered) return report.error(Verdict::kRevocationMemoryUnusable, remembered.error());
  report.good(
      fmt::format("{}: {} revoked certificate(s) remembered", config.evidence_directory, *remembered));
}

// Who renewed a card is then refused; everybody else logs in, unless the overlay cannot be read.
void check_overlay(const config::Config& config, CheckReport& report) {
  const config::SuccessionPolicy& policy = config.succession;
  if (!policy.enabled() && !config.self_registration.enabled()) return;
  report.about(subject::kAuxiliary);
  if (!policy.feed.empty()) {
    const auto answer = succession::Feed(policy.feed).answer({});
    if (answer.kind == succession::Answer::Kind::kFailed)
      report.warning(answer.cause + "; renewed cards are refused until then");
  }
  if (!policy.resolver.empty())
    if (const std::string defect = succession::resolver_defect(policy.resolver); !defect.empty())
      report.warning(defect + "; renewed cards are refused until then");
  if (!policy.ocsp_extension.empty() && std::ranges::none_of(config.sources, [](const auto& rule) {
        return schedule::needs_network(rule.type);
      }))
    report.warning(
        "[succession] ocsp_extension needs a [[revocation.source]] of type \"ocsp\" or \"cvs\"; renewed "
        "cards are refused until then");
  const auto overlay = succession::read_overlay(policy.overlay_directory, ::geteuid());
  if (!overlay) return report.error(Verdict::kMapUnusable, overlay.error());
  const auto own = std::ranges::count_if(*overlay, &succession::Entry::is_own);
  report.good(fmt::format("{}: {} renewed card(s), {} that their holders registered",
                          policy.overlay_directory, static_cast<std::ptrdiff_t>(overlay->size()) - own, own));
}

void check_modules(const config::Config& config, CheckReport& report) {
  report.about(subject::kModules);
  const auto tell = [&](const card::CardError& error) { report.error(error.verdict, error.cause); };
  if (card::Pkcs11Source::open({.modules = config.pkcs11_modules, .report = tell}))
    report.good(fmt::format("PKCS#11 modules: {}", fmt::join(config.pkcs11_modules, ", ")));
}

// Such readers are refused at every login that is for them (card_access.cc).
void check_seats(const config::Config& config, CheckReport& report) {
  if (!card::modules_of_card_service(config.pkcs11_modules).empty()) return;
  report.about(subject::kModules);
  for (const card::SeatRule& rule : config.seats)
    if (!rule.pcsc_socket.empty())
      report.warning(
          fmt::format("[[seat]] {}: nobody can use its readers ({}): pcsc_socket needs "
                      "opensc-pkcs11.so or jpki-pkcs11.so in modules of [pkcs11]",
                      rule.name, code_of(Verdict::kModuleUnusable)));
}

void check_ticket(const config::TicketPolicy& ticket, CheckReport& report) {
  if (ticket.services.empty()) return;
  report.about(subject::kAuxiliary);
  if (const auto anchors = read_trusted_file(ticket.kdc_anchors); !anchors)
    report.warning(fmt::format("card logins bring no Kerberos ticket ({}): {}",
                               code_of(Verdict::kTicketUnusable), anchors.error().text));
}

}  // namespace

void check_service(const std::vector<schedule::SourceRule>& rules, const std::string& segment, Time now,
                   CheckReport& report) {
  report.about(subject::kSources);
  bool any = false;
  std::optional<Time> first;
  std::string until;
  for (const auto& [rule, asked, why_not] : schedule::plan(rules, segment, now)) {
    report.good(fmt::format("source {} ({}): {}", rule->name, schedule::name_of(rule->type),
                            asked ? "in service" : "not asked: " + why_not));
    any = any || asked;
    const auto opens = rule->is_for(segment) ? schedule::next_change(rule->hours, now) : std::nullopt;
    if (!opens || (first && *first <= *opens)) continue;
    first = opens;
    until = schedule::local_text(rule->hours.zone, *opens);
  }
  if (any) return;
  if (first)
    report.warning(fmt::format("no source is in service now: nobody can log in by card until {} ({})", until,
                               code_of(Verdict::kRevocationUnknown)));
  else
    report.error(Verdict::kRevocationUnknown,
                 "no source is ever in service on this terminal: nobody can log in by card; correct segment, "
                 "hours and weekdays of [[revocation.source]]");
}

void check_intermediates(std::span<const trust::FiledCertificate> intermediates, Time now,
                         CheckReport& report) {
  report.about(subject::kAuxiliary);
  for (const auto& [file, certificate] : intermediates) {
    if (!trust::is_authority(certificate)) continue;
    const Time end = certificate.not_after();
    if (now > end)
      report.warning(
          fmt::format("{}: a certificate of a CA in it has expired; cards are refused ({}) whose "
                      "CA has no other; put the renewed one into the directory, and remove this one",
                      file, code_of(Verdict::kIssuerExpired)));
    else if (now > end - kRenewalTime)
      report.warning(
          fmt::format("{}: a certificate of a CA in it expires in less than {} day(s), and cards are then "
                      "refused ({}) whose CA has no other; put the renewed one beside it",
                      file, std::chrono::ceil<std::chrono::days>(end - now + std::chrono::seconds(1)).count(),
                      code_of(Verdict::kIssuerExpired)));
  }
}

void self_check(const std::string& config_file, Time now, CheckReport& report, Modules modules) {
  check_identity(report);
  report.about(subject::kOpenscConf);
  if (const auto conf = check_opensc_conf(); !conf) report.error(Verdict::kConfigInvalid, conf.error());
  report.about(subject::kConfiguration);
  const auto config = config::load_config(config_file.empty() ? config::kDefaultConfigFile : config_file);
  if (!config) return report.error(Verdict::kConfigInvalid, config.error());
  check_anchors(*config, now, report);
  check_accounts(*config, now, report);
  check_index(*config, now, report);
  if (modules == Modules::kLoaded) check_modules(*config, report);
  check_seats(*config, report);
  check_ticket(config->ticket, report);
  report.about(subject::kSiteKey);
  const auto key = revocation::load_pseudonym_key(config->pseudonym_key_file);
  if (!key) report.error(Verdict::kRevocationMemoryUnusable, key.error());
  check_sources(*config, key ? *key : Blob{}, now, report);
  check_overlay(*config, report);
}

}  // namespace jpki
