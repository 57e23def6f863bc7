// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Installation: everything a login needs from the disk, loaded and checked.
#pragma once

#include "base/sandbox/confinement.h"
#include "validator/config/config.h"
#include "validator/engine/refusal.h"
#include "validator/map/account_map.h"
#include "validator/revocation/file_memory.h"
#include "validator/revocation/indexed_crls.h"
#include "validator/revocation/sources_check.h"
#include "validator/trust/trust_store.h"

namespace jpki {

// OpenSC's private configuration; OpenSC itself would go on without it, and leave cards PIN-verified.
inline constexpr char kOpenscConf[] = JPKI_DATADIR "/opensc.conf";

// What is noted of cards since the machine was started.
inline constexpr char kCardNotes[] = "/run/jpki/cards";

struct Installation {
  config::Config config;
  trust::TrustStore anchors;
  std::vector<x509::Certificate> intermediates;  // for every path: not trusted
  std::unique_ptr<map::AccountMap> accounts;
  revocation::LocalResponders responders;
  Blob pseudonym_key;             // empty: see pseudonym_problem
  std::string pseudonym_problem;  // why the log has no pseudonyms
  // Of auxiliary files (holidays, intermediates, responders): the login goes on without what they say.
  std::vector<std::string> problems;
};

// `config_file`: empty for the compiled-in one. The refusal names file, line and remedy.
Expected<Installation, engine::Refusal> load_installation(const std::string& config_file);
// Without `accounts`, for who registers cards.
Expected<Installation, engine::Refusal> load_without_accounts(const std::string& config_file);

// What config.account_source says; with the directory, the map file beside it when there is one.
Expected<std::unique_ptr<map::AccountMap>, map::MapError> load_accounts(const config::Config& config);

// The parts, for a self-check that tells all that is wrong at once.
Expected<Unit, std::string> check_opensc_conf();
// What a login still does once its PKCS#11 modules are initialised. `cards_are_here`: with the card service.
sandbox::Confinement confinement_of(const config::Config& config, bool cards_are_here = true);
// How long the responders may take, all asked in turn: about the certificate, and about its issuer.
std::chrono::milliseconds network_patience(const config::Config& config);
crl::CrlPolicy crl_policy_of(const config::Config& config);
// A rule whose directory cannot be used goes without; `problems` tells why.
revocation::LocalResponders load_responders(const config::Config& config, std::vector<std::string>& problems,
                                            const FileTrust& trust = {});

// What a login decides about revocation with, open: nothing of it is opened later. Needs the installation to
// outlive it.
class Revocation {
 public:
  // `now`: whether a source that is in service needs jpki-fetch, which is then started. `alarm`: Sources.
  Revocation(const Installation& installation, const std::string& config_file, Time now,
             std::function<void(const std::string&)> alarm);
  revocation::RevocationCheck& check() { return check_; }
  // What logins leave.
  const revocation::EvidenceDirectory& of_logins() const { return of_logins_; }

 private:
  revocation::EvidenceDirectory evidence_;
  revocation::EvidenceDirectory of_logins_{evidence_.of_logins()};
  revocation::FileMemory memory_{of_logins_, &evidence_};
  revocation::EvidenceCache cache_{of_logins_};
  revocation::IndexedCrls crls_;
  std::unique_ptr<fetch::Fetcher> fetcher_;
  revocation::SourcesCheck check_;
};

}  // namespace jpki
