// SPDX-License-Identifier: LGPL-2.1-or-later
//
// refresh(): the story of one run of nss-ad-refresh. Read the directory, turn it into accounts of this
// machine, replace both snapshots. Whatever fails on the way leaves the last snapshots in force. It is
// confined: files other than those of `destination`, and keys, come with its Setup.
#pragma once

#include "nss_ad/config/ad_config.h"
#include "nss_ad/ldap/synchronize.h"
#include "nss_ad/refresh/problem.h"
#include "nss_ad/resolve/local_accounts.h"
#include "nss_ad/snapshot/writer.h"

namespace jpki::ad::refresh {

inline constexpr char kDirectory[] = JPKI_STATEDIR "/ad";
inline constexpr char kStateFile[] = "directory.state";
inline constexpr FileTrust kFiles = {.max_size = ldap::kMaxStateSize};

struct LdifFile {
  std::string path;
  Blob content;
};

struct Setup {
  config::AdConfig config;
  snapshot::Destination destination;
  LocalAccounts local;  // of this machine: what the directory must not grant
  // Where the accounts come from: exactly one of these, else what the last run read, written anew.
  std::optional<LdifFile> ldif;
  std::optional<Expected<ldap::Credentials, ldap::Error>> credentials;  // for the directory
  bool full = false;                                                    // everything, not only what changed
  bool accept_fewer = false;                                            // also when most accounts are gone
  FileTrust files = kFiles;                                             // who must own files
  Time now{};
};

Report refresh(const Setup& setup, const ldap::Random& random, const ldap::Progress& progress);

// "the accounts of 2026-11-22 07:13:08 UTC (3 hours old) are in force", or that there are none.
std::string age_of_snapshot(const std::string& directory, Time now);

}  // namespace jpki::ad::refresh
