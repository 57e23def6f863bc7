// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Problems: what jpki-crl-refresh tells an administrator, one line each, with a stable code. Codes are never
// reused or renumbered; the hundred 7xx is theirs beside the verdicts of a login (base/verdict.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jpki::crl_refresh {

enum class Problem : std::uint16_t {
  kNotFetched = 701,        // no URL of a download gave a document
  kNotReadable = 702,       // a file that cannot be read or trusted
  kMalformed = 703,         // no CRL, or one with an entry that may not be used
  kSignerUnknown = 704,     // no certificate here may have signed it
  kSignatureInvalid = 705,  // signed by none of those that may
  kAlgorithmWeak = 706,     // signed with an algorithm or a key that is not accepted
  kNotUsable = 707,         // an unknown critical extension, or no nextUpdate
  kNotYetValid = 708,       // thisUpdate is to come
  kStale = 709,             // past nextUpdate or max_age
  kGoesBack = 710,          // older than the CRL that it would replace
  kIndexDamaged = 711,      // the index of the last run cannot be used
  kStateNotKept = 712,      // what the last run fetched cannot be remembered or recalled
  kOtherCrl = 713,          // a download is another CRL than it was, or than its name has
  kDropped = 714,           // a CRL of the last run is too old and has no file any more
  kBusy = 721,              // another jpki-crl-refresh is running
  kNotSetUp = 722,          // configuration, anchors, directory, privileges
  kNotWritten = 723,        // the new index cannot be written; the old one stays
};

// Nothing to do about it, or nothing that hurries.
inline constexpr Problem kNoProblem{};

// Those after which there is no new index at all.
constexpr bool is_fatal(Problem problem) {
  return problem >= Problem::kBusy;
}

struct Report {
  struct Line {
    Problem problem;
    std::string text;  // file or download, cause, next step
  };
  std::vector<Line> problems;
  std::vector<std::string> remarks;  // nothing to do about them
  std::size_t compiled = 0;          // CRLs
  std::size_t unchanged = 0;         // of the last index, and still in force
  bool written = false;              // else the index of the last run is still right, or a problem is fatal

  void add(Problem problem, std::string text) {
    if (problem == kNoProblem)
      remarks.push_back(std::move(text));
    else
      problems.push_back({problem, std::move(text)});
  }
};

// There is no new index.
bool is_fatal(const Report& report);

// 0 all good, 1 something was refused, 2 could not work (fatal).
int exit_status(const Report& report);

// "JPKI-710: kasumi.crl: …"
std::string to_line(const Report::Line& line);

// The end of a next step: the command that forgets these files, with blanks between them, and goes on.
std::string run_without(const std::string& files);

}  // namespace jpki::crl_refresh
