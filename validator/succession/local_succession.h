// SPDX-License-Identifier: LGPL-2.1-or-later
//
// LocalSuccession: succession on this machine, in the process of a login. It reads the feed and the overlay,
// which it opens before the login confines itself, and changes nothing: what is registered, jpki-succession
// writes, a process that has no card, asks the sources itself, and is started before the first byte of a card
// is read.
#pragma once

#include "base/helper_process.h"
#include "validator/config/succession_policy.h"
#include "validator/map/account_map.h"
#include "validator/succession/feed.h"
#include "validator/succession/known_certificates.h"
#include "validator/succession/overlay.h"
#include "validator/succession/succession.h"

#include <memory>

namespace jpki::succession {

// What the source "ocsp" needs beside jpki-succession.
struct OcspNeeds {
  const revocation::EvidenceDirectory* of_logins = nullptr;  // where certificates are kept
  std::chrono::milliseconds patience{0};                     // with the responders
};

class LocalSuccession final : public Succession {
 public:
  // What belongs to whom: root's feed, and the overlay of the user that logins run as.
  struct Owners {
    uid_t feed = 0;
    uid_t overlay = 0;
  };
  // `accounts` and what `ocsp` refers to must outlive it. `config_file`: for the program, as FetchProcess.
  LocalSuccession(const config::SuccessionPolicy& policy, const map::AccountMap& accounts, Owners owners,
                  const std::string& config_file, const std::string& program, OcspNeeds ocsp = {});

  Expected<Proposal, std::string> propose(const path::VerifiedCertificate& certificate,
                                          const std::string& named) const override;
  Expected<std::uint8_t, std::string> confirm(const path::VerifiedCertificate& certificate,
                                              const std::string& account) override;
  void keep(const path::VerifiedCertificate& certificate, Time now) const override;
  Expected<bool, std::string> still_counts(const path::VerifiedCertificate& certificate,
                                           Time now) const override;

 private:
  const config::SuccessionPolicy policy_;
  const map::AccountMap& accounts_;
  Expected<std::vector<Entry>, std::string> overlay_;
  std::optional<Feed> feed_;
  Expected<HelperProcess, int> registrar_;
  OcspNeeds ocsp_;
};

}  // namespace jpki::succession
