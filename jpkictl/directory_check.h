// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The part of `jpkictl check` about accounts of Active Directory: what pam_jpki's account step would trip
// over. No network is asked.
#pragma once

#include "base/time.h"
#include "validator/check_report.h"

#include <string>

#include <sys/types.h>

namespace jpki::ctl {

struct DirectoryFiles {
  std::string config_file;  // ad.toml
  std::string snapshots;    // directory
  uid_t owner = 0;
};

// Nothing when there is no ad.toml: then no account is held to rules of a directory.
void check_directory(const DirectoryFiles& files, Time now, CheckReport& report);

}  // namespace jpki::ctl
