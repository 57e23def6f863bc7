// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Store: the records of emergency codes, one small file each, in two directories of root's alone:
//
//   /run/jpki/emergency       code-UID, challenge-UID, tries-UID   gone with the boot, as the codes are
//   /var/lib/jpki/emergency   used-UID, register                   stay until they were told, and read
//
// Whoever reads in order to write holds the lock. Files are replaced whole, or not at all where a disk is
// full.
#pragma once

#include "base/atomic_file.h"
#include "base/expected.h"
#include "base/safe_file.h"
#include "base/unique_fd.h"
#include "emergency/records.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace jpki::emergency {

inline constexpr char kCodes[] = "/run/jpki/emergency";
inline constexpr char kHistory[] = JPKI_STATEDIR "/emergency";

class Store {
 public:
  // `trust.owner`: of both directories.
  Store(std::string codes, std::string history, FileTrust trust = {});

  // One process at a time, until the descriptor is closed. Errors, here and below, are for the log.
  Expected<UniqueFd, std::string> lock(std::chrono::milliseconds patience) const;

  // Nothing: there is none. A file that is no such record, or that others could have written, is an error.
  template <class Record>
  Expected<std::optional<Record>, std::string> read(uid_t uid) const;

  template <class Record>
  Expected<Unit, std::string> write(uid_t uid, const Record& record) const;

  // Gone for good when this returns. True: there was one.
  template <class Record>
  Expected<bool, std::string> remove(uid_t uid) const;

  // All codes that were issued, in the order of their accounts' uids.
  Expected<std::vector<Issue>, std::string> issues() const;

  // A line for who asks later why somebody was let in. Brought to disk.
  Expected<Unit, std::string> add_to_register(const std::string& line) const;

 private:
  template <class Record>
  std::string path(uid_t uid) const;

  std::string codes_;
  std::string history_;
  FileTrust trust_;
};

}  // namespace jpki::emergency
