// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AdConfig: /etc/jpki/ad.toml and ad.toml.d/*.toml. The shipped conf/ad.toml documents every key; a test
// keeps the two lists equal. It holds no secrets: passwords and keys are in files of their own.
#pragma once

#include "base/expected.h"
#include "base/mapping/mapping_text.h"
#include "base/safe_file.h"
#include "nss_ad/idmap/settings.h"
#include "nss_ad/ldap/settings.h"
#include "nss_ad/snapshot/contents.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::ad::config {

inline constexpr char kDefaultConfigFile[] = JPKI_SYSCONFDIR "/ad.toml";

// [users]: what a passwd entry gets. In templates: %u the account, %U its uid, %l its first letter, %d the
// domain in lower case (ad.test), %D the NetBIOS domain (ADT), %n displayName, %% a percent sign.
struct UserRules {
  std::string home = "/home/%u";
  bool home_from_directory = true;  // unixHomeDirectory wins when it is there
  std::string shell = "/bin/bash";
  bool shell_from_directory = true;  // loginShell wins when it is there
  std::string gecos = "%n";
  snapshot::NameForms name_forms;
  bool enumerate = false;
};

// [groups]
struct GroupRules {
  // sAMAccountName or SID of the groups that this terminal needs; empty: all. Primary groups always are.
  std::vector<std::string> only;
};

// One [[account.rule]]: who may use which PAM services. Groups count with all that is nested in them, and
// with everybody whose primary group they are.
struct ServiceRule {
  std::vector<std::string> services;        // empty: all
  std::vector<std::string> allowed_groups;  // empty: everybody
  std::vector<std::string> denied_groups;   // wins over allowed_groups
};

// [account]: what pam_jpki's account step holds an account of the directory to.
struct AccountRules {
  std::chrono::seconds max_snapshot_age = std::chrono::hours(7 * 24);
  std::chrono::milliseconds live_timeout{
      1500};  // for the directory's own word about the account; 0: not asked
  // The domain's lockoutDuration; 0: until an administrator unlocks ([MS-SAMR] 3.1.1.5)
  std::chrono::seconds lockout_duration = std::chrono::minutes(30);
  std::string workstation;  // this computer in userWorkstations; empty: the host name up to its first dot
  std::vector<ServiceRule> service_rules;
};

// [certificates]
struct CertificateRules {
  std::vector<mapping::WeakForm> weak_forms;  // empty: only strong mapping strings bind
};

struct AdConfig {
  ldap::Settings directory;
  idmap::Settings ids;
  UserRules users;
  GroupRules groups;
  AccountRules account;
  CertificateRules certificates;
};

// Adds what one file says to `config`: later files replace values; tables in double brackets accumulate. The
// error is "file:line: what; hint".
Expected<Unit, std::string> apply_ad_config(std::string_view text, const std::string& file, AdConfig& config);

// What only all files together can tell: a realm, and an authentication that has all it needs.
// load_ad_config() ends with it.
Expected<Unit, std::string> complete_ad_config(const AdConfig& config);

// Reads `path`, then the *.toml files of the directory `path` + ".d" in the order of their names (it may be
// absent). FileError::Reason::kMissing only when `path` itself is not there: no Active Directory.
Expected<AdConfig, FileError> load_ad_config(const std::string& path, const FileTrust& trust = {});

}  // namespace jpki::ad::config
