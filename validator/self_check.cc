// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/self_check.h"

#include "validator/card/pkcs11_source.h"
#include "validator/crl/crl.h"
#include "validator/crl/mapped_file.h"
#include "validator/installation.h"
#include "validator/sandbox/privileges.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

namespace jpki {
namespace {

class Report {
 public:
  explicit Report(std::FILE* out) : out_(out) {}
  void error(Verdict verdict, const std::string& text) {
    ++errors_;
    fmt::print(out_, "error: {} {}\n", code_of(verdict), text);
  }
  void warning(const std::string& text) {
    ++warnings_;
    fmt::print(out_, "warning: {}\n", text);
  }
  void good(const std::string& text) { fmt::print(out_, "{}\n", text); }
  int conclude() {
    fmt::print(out_, "{} error(s), {} warning(s)\n", errors_, warnings_);
    return errors_ == 0 ? 0 : 1;
  }

 private:
  std::FILE* out_;
  int errors_ = 0;
  int warnings_ = 0;
};

void check_identity(Report& report) {
  if (::geteuid() != 0)
    report.warning("not run as root: a login reads the files as " JPKI_HELPER_USER ", this check as you");
  if (const auto dropped = sandbox::drop_privileges(JPKI_HELPER_USER); !dropped)
    report.error(Verdict::kPrivilegesNotDropped, dropped.error());
}

void check_anchors(const config::Config& config, Time now, Report& report) {
  const auto anchors = trust::load_trust_store(config.anchors_directory);
  if (!anchors) return report.error(Verdict::kAnchorsInvalid, anchors.error());
  for (const trust::Anchor& anchor : *anchors) {
    const bool current = anchor.accepted_at(now) && anchor.certificate.not_after() >= now;
    report.good(
        fmt::format("anchor {}: {}", anchor.name, current ? "in force" : "outside of its window or expired"));
  }
}

void check_accounts(const config::Config& config, Report& report) {
  const auto map = map::MapFile::load(config.account_map_file);
  if (!map) return report.error(map.error().verdict, map.error().cause);
  const auto accounts = map->accounts();
  if (accounts.empty()) report.warning(config.account_map_file + ": binds nobody");
  for (const std::string& account : accounts)
    if (::getpwnam(account.c_str()) == nullptr)
      report.warning(config.account_map_file + ": account " + account + " does not exist on this machine");
  report.good(fmt::format("{}: {} account(s)", config.account_map_file, accounts.size()));
}

// Freshness and form; the signature is checked against each certificate's own issuer at login.
void check_crl(const std::string& path, const crl::CrlPolicy& policy, Time now, Report& report) {
  const auto file = crl::MappedFile::open(path, {.max_size = revocation::kMaxCrlSize});
  if (!file) return report.error(Verdict::kRevocationInvalid, file.error().text);
  const auto crl = crl::decode_crl(file->bytes());
  if (!crl) {
    const bool pem = as_text(file->bytes()).starts_with("-----BEGIN");
    const std::string remedy = "; run: openssl crl -in " + path + " -outform DER -out " + path;
    return report.error(Verdict::kRevocationInvalid, path + ": " + (pem ? "is PEM" + remedy : crl.error()));
  }
  const auto age = std::chrono::duration_cast<std::chrono::hours>(now - crl->header.this_update);
  const bool stale = now - crl->header.this_update > policy.max_age || !crl->header.next_update ||
                     now > *crl->header.next_update;
  if (stale) {
    report.warning(fmt::format("{}: {} h old or past its nextUpdate, limit {} h; fetch a new one", path,
                               age.count(),
                               std::chrono::duration_cast<std::chrono::hours>(policy.max_age).count()));
  }
}

void check_revocation(const config::Config& config, Time now, Report& report) {
  const auto policy = crl_policy_of(config);
  const auto files =
      list_trusted_directory(config.crl_directory, ".crl", {.max_size = revocation::kMaxCrlSize});
  if (!files) return report.error(Verdict::kRevocationUnknown, files.error().text);
  if (files->empty()) report.error(Verdict::kRevocationUnknown, config.crl_directory + ": no *.crl file");
  for (const std::string& name : *files) check_crl(config.crl_directory + '/' + name, policy, now, report);
  report.good(fmt::format("{}: {} CRL(s)", config.crl_directory, files->size()));
}

// What would be asked now, and whether what was once called revoked can be known.
void check_sources(const config::Config& config, const Blob& key, Time now, Report& report) {
  for (const auto& [rule, asked, why_not] : schedule::plan(config.sources, config.segment, now))
    report.good(fmt::format("source {} ({}): {}", rule->name, schedule::name_of(rule->type),
                            asked ? "in service" : "not asked: " + why_not));
  if (const auto responders = load_responders(config); !responders)
    report.error(Verdict::kConfigInvalid, responders.error());
  for (const auto& [name, file] : config.fetch.tls_trust)
    if (const auto opened = open_trusted_file(file); !opened)
      report.error(Verdict::kConfigInvalid, opened.error().text);
  const revocation::EvidenceDirectory evidence(config.evidence_directory, key);
  const auto remembered = revocation::FileMemory(evidence).size();
  if (!remembered) return report.error(Verdict::kRevocationMemoryUnusable, remembered.error());
  report.good(
      fmt::format("{}: {} revoked certificate(s) remembered", config.evidence_directory, *remembered));
}

void check_modules(const config::Config& config, Report& report) {
  const auto tell = [&](const card::CardError& error) { report.error(error.verdict, error.cause); };
  if (card::Pkcs11Source::open(config.pkcs11_modules, tell))
    report.good(fmt::format("PKCS#11 modules: {}", fmt::join(config.pkcs11_modules, ", ")));
}

}  // namespace

int self_check(const std::string& config_file, Time now, std::FILE* out) {
  Report report(out);
  check_identity(report);
  if (const auto conf = check_opensc_conf(); !conf) report.error(Verdict::kConfigInvalid, conf.error());
  const auto config = config::load_config(config_file.empty() ? config::kDefaultConfigFile : config_file);
  if (!config) {
    report.error(Verdict::kConfigInvalid, config.error());
    return report.conclude();
  }
  check_anchors(*config, now, report);
  check_accounts(*config, report);
  check_revocation(*config, now, report);
  check_modules(*config, report);
  const auto key = load_pseudonym_key(config->pseudonym_key_file);
  if (!key) report.error(Verdict::kRevocationMemoryUnusable, key.error());
  check_sources(*config, key ? *key : Blob{}, now, report);
  return report.conclude();
}

}  // namespace jpki
