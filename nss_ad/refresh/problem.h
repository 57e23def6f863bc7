// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Problems of a run of nss-ad-refresh, and what it reports: those of the directory (nss_ad/ldap/failure.h,
// 801 to 809), of the run as a whole (811 to 819), and of single objects (nss_ad/directory/problem.h, 820
// on). Codes are never reused or renumbered.
#pragma once

#include "nss_ad/directory/problem.h"
#include "nss_ad/ldap/failure.h"

#include <cstdint>
#include <string>
#include <vector>

namespace jpki::ad::refresh {

enum class Problem : std::uint16_t {
  kBusy = 811,          // another nss-ad-refresh is running
  kNotSetUp = 812,      // configuration, directory, privileges
  kNotWritten = 813,    // the snapshots cannot be written; the old ones stay
  kStateNotKept = 814,  // what was read cannot be remembered, or not recalled: the next run reads everything
  kTooLong = 815,       // total_timeout is over
  kLdif = 816,          // the LDIF file cannot be read
  kFewer = 817,         // far fewer accounts than the last time
};

struct Line {
  std::uint16_t code;
  std::string text;
};

struct Report {
  std::vector<Line> problems;
  std::vector<std::string> remarks;  // for --verbose
  bool written = false;              // else the last snapshots stay

  void add(Problem problem, std::string text) {
    problems.push_back({static_cast<std::uint16_t>(problem), std::move(text)});
  }
  void add(const ldap::Error& error) {
    problems.push_back({static_cast<std::uint16_t>(error.failure), error.text});
  }
  void add(const ObjectReport::Line& line) {
    problems.push_back({static_cast<std::uint16_t>(line.problem), line.text});
  }
};

// 0 all good, 1 new snapshots, but something in the directory is wrong, 2 no new snapshots.
int exit_status(const Report& report);

// "JPKI-801: …"
std::string to_line(const Line& line);

}  // namespace jpki::ad::refresh
