// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Installation: everything a login needs from the disk, loaded and checked.
#pragma once

#include "validator/config/config.h"
#include "validator/engine/refusal.h"
#include "validator/map/map_file.h"
#include "validator/revocation/crl_directory.h"
#include "validator/sandbox/confinement.h"
#include "validator/trust/trust_store.h"

namespace jpki {

// OpenSC's private configuration; OpenSC itself would go on without it, and leave cards PIN-verified.
inline constexpr char kOpenscConf[] = JPKI_DATADIR "/opensc.conf";

struct Installation {
  config::Config config;
  trust::TrustStore anchors;
  map::MapFile accounts;
  revocation::CrlDirectory revocation;
  Blob pseudonym_key;             // empty: see pseudonym_problem
  std::string pseudonym_problem;  // why the log has no pseudonyms
};

// `config_file`: empty for the compiled-in one. The refusal names file, line and remedy.
Expected<Installation, engine::Refusal> load_installation(const std::string& config_file);

// The parts, for a self-check that tells all that is wrong at once.
Expected<Unit, std::string> check_opensc_conf();
Expected<Blob, std::string> load_pseudonym_key(const std::string& path);
// What a login still does once its PKCS#11 modules are initialised.
sandbox::Confinement confinement_of(const config::Config& config);
crl::CrlPolicy crl_policy_of(const config::Config& config);

}  // namespace jpki
