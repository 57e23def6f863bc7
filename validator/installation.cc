// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/installation.h"

#include "validator/fetch/fetch_process.h"
#include "validator/map/agreeing_maps.h"
#include "validator/map/map_file.h"
#include "validator/map/role_accounts.h"
#include "validator/map/snapshot_map.h"
#include "validator/revocation/pseudonym_key.h"
#include "validator/revocation/settle.h"
#include "validator/trust/certificate_file.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

namespace jpki {
namespace {

using engine::Refusal;

constexpr char kCardService[] = "/run/pcscd";  // where libpcsclite looks for pcscd's socket

// Nothing when no source needs the network now.
std::unique_ptr<fetch::FetchProcess> start_fetcher(const config::Config& config,
                                                   const std::string& config_file, Time now) {
  const auto planned = schedule::plan(config.sources, config.segment, now);
  if (!schedule::needs_network(planned)) return nullptr;
  std::vector<std::string> urls;
  bool from_certificates = false;
  for (const auto& [rule, asked, why_not] : planned) {
    if (!asked || !schedule::needs_network(rule->type)) continue;
    urls.insert(urls.end(), rule->urls.begin(), rule->urls.end());
    from_certificates = from_certificates || rule->urls.empty();
  }
  return std::make_unique<fetch::FetchProcess>(
      config_file,
      fetch::fetch_program_for(urls, from_certificates, config.fetch, config::configured_urls(config)));
}

}  // namespace

Expected<Unit, std::string> check_opensc_conf() {
  if (const auto file = read_trusted_file(kOpenscConf); !file)
    return Unexpected{file.error().text +
                      "; reinstall the package: without it a card would stay PIN-verified"};
  return Unit{};
}

sandbox::Confinement confinement_of(const config::Config& config, bool cards_are_here) {
  // Threads: those of modules, and that of card/departure.h.
  sandbox::Confinement confinement{.unix_sockets = cards_are_here,
                                   .threads = cards_are_here || config.module_threads,
                                   .running_threads = config.module_threads,
                                   .helpers = true};
  if (cards_are_here) confinement.services = {kCardService};
  confinement.writable = config.module_files;
  confinement.readable = {config.evidence_directory};
  confinement.writable.emplace_back(kCardNotes);
  confinement.writable.push_back(config.evidence_directory + '/' + revocation::EvidenceDirectory::kOfLogins);
  return confinement;
}

std::chrono::milliseconds network_patience(const config::Config& config) {
  std::chrono::milliseconds all{0};
  for (const schedule::SourceRule& rule : config.sources)
    if (schedule::needs_network(rule.type)) all += rule.timeout;
  return 2 * all;
}

crl::CrlPolicy crl_policy_of(const config::Config& config) {
  crl::CrlPolicy policy;
  policy.max_age = config.crl_max_age;
  policy.clock_skew = config.clock_skew;
  return policy;
}

revocation::LocalResponders load_responders(const config::Config& config, std::vector<std::string>& problems,
                                            const FileTrust& trust) {
  revocation::LocalResponders all;
  for (const schedule::SourceRule& rule : config.sources) {
    if (rule.responders.empty()) continue;
    auto certificates = trust::load_certificates(rule.responders, trust);
    if (certificates) {
      all.emplace(rule.name, std::move(*certificates));
    } else {
      problems.push_back("source " + rule.name + " has no responders of its own: " + certificates.error());
    }
  }
  return all;
}

Expected<std::unique_ptr<map::AccountMap>, map::MapError> load_accounts(const config::Config& config) {
  using Map = std::unique_ptr<map::AccountMap>;
  const bool from_directory = config.account_source == config::AccountSource::kActiveDirectory;
  const bool has_file = ::access(config.account_map_file.c_str(), F_OK) == 0 || errno != ENOENT;
  Map file;
  if (!from_directory || has_file) {
    auto opened = map::MapFile::open(config.account_map_file);
    if (!opened) return Unexpected{opened.error()};
    file = std::make_unique<map::MapFile>(std::move(*opened));
  }
  if (!from_directory) return Map(std::make_unique<map::RoleAccounts>(std::move(file), config.role_accounts));
  auto opened = map::SnapshotMap::open(config.account_snapshots, config.role_groups);
  if (!opened) return Unexpected{opened.error()};
  Map snapshot = std::make_unique<map::SnapshotMap>(std::move(*opened));
  if (!file) return snapshot;
  return Map(std::make_unique<map::AgreeingMaps>(std::move(snapshot), std::move(file)));
}

Expected<Installation, Refusal> load_without_accounts(const std::string& config_file) {
  if (auto checked = check_opensc_conf(); !checked)
    return Unexpected{Refusal{Verdict::kConfigInvalid, checked.error()}};
  auto config = config::load_config(config_file.empty() ? config::kDefaultConfigFile : config_file);
  if (!config) return Unexpected{Refusal{Verdict::kConfigInvalid, config.error()}};
  auto anchors = trust::load_trust_store(config->anchors_directory);
  if (!anchors) return Unexpected{Refusal{Verdict::kAnchorsInvalid, anchors.error()}};
  std::vector<std::string> problems = config->problems;
  auto intermediates = trust::load_intermediates(config->intermediates_directory, problems);
  auto responders = load_responders(*config, problems);
  auto key = revocation::load_pseudonym_key(config->pseudonym_key_file);
  std::string problem = key ? std::string() : key.error();
  return Installation{std::move(*config),       std::move(*anchors),
                      std::move(intermediates), nullptr,
                      std::move(responders),    key ? std::move(*key) : Blob{},
                      std::move(problem),       std::move(problems)};
}

Expected<Installation, Refusal> load_installation(const std::string& config_file) {
  auto installation = load_without_accounts(config_file);
  if (!installation) return installation;
  auto accounts = load_accounts(installation->config);
  if (!accounts) return Unexpected{Refusal{accounts.error().verdict, accounts.error().cause}};
  installation->accounts = std::move(*accounts);
  return installation;
}

Revocation::Revocation(const Installation& installation, const std::string& config_file, Time now,
                       std::function<void(const std::string&)> alarm)
    : evidence_(installation.config.evidence_directory, installation.pseudonym_key),
      crls_(installation.config.crl_index_file, installation.intermediates, installation.anchors,
            crl_policy_of(installation.config)),
      fetcher_(start_fetcher(installation.config, config_file, now)),
      check_({.rules = installation.config.sources,
              .segment = installation.config.segment,
              .anchors = installation.anchors,
              .crls = crls_,
              .memory = memory_,
              .cache = &cache_,
              .fetcher = fetcher_.get(),
              .local_responders = installation.responders,
              .clock_skew = installation.config.clock_skew,
              .single_extension = installation.config.succession.ocsp_extension,
              .alarm = alarm}) {
  revocation::settle(evidence_, of_logins_, now);
  if (const auto reserve = of_logins_.keep_reserve(); !reserve && alarm)
    alarm("no disk space is reserved for the record of revoked certificates: " + reserve.error());
}

}  // namespace jpki
