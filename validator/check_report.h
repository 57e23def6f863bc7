// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a self-check found, in the order in which it looked.
#pragma once

#include "base/verdict.h"

#include <string>
#include <vector>

namespace jpki {

// The subjects of lines; `jpkictl doctor` has a link of the login for each.
namespace subject {
inline constexpr std::string_view kIdentity = "identity";            // the user that logins run as
inline constexpr std::string_view kOpenscConf = "opensc-conf";       // OpenSC's private configuration
inline constexpr std::string_view kConfiguration = "configuration";  // jpki.toml
inline constexpr std::string_view kAnchors = "anchors";
inline constexpr std::string_view kWindows = "windows";         // whether an anchor is in force
inline constexpr std::string_view kAccounts = "accounts";       // the account map
inline constexpr std::string_view kBindings = "bindings";       // the directory's certificate bindings
inline constexpr std::string_view kCrlIndex = "crl-index";      // whether there is one that can be read
inline constexpr std::string_view kCrlAge = "crl-age";          // whether what it holds is fresh
inline constexpr std::string_view kModules = "modules";         // PKCS#11
inline constexpr std::string_view kSiteKey = "site-key";        // of the pseudonyms
inline constexpr std::string_view kSources = "sources";         // service hours of revocation sources
inline constexpr std::string_view kAuxiliary = "auxiliary";     // files that a login can do without
inline constexpr std::string_view kTlsAnchors = "tls-anchors";  // [fetch.tls]
inline constexpr std::string_view kRevokedMemory = "revoked-memory";
inline constexpr std::string_view kDirectoryConfiguration = "ad-configuration";  // ad.toml
inline constexpr std::string_view kSnapshots = "snapshots";                      // whether they can be read
inline constexpr std::string_view kSnapshotAge = "snapshot-age";
inline constexpr std::string_view kAccountRules = "account-rules";  // [[account.rule]]
}  // namespace subject

class CheckReport {
 public:
  struct Line {
    enum class Kind {
      kGood,
      kWarning,  // logins go on, but not as the administrator may think
      kError,    // logins are refused
    };
    Kind kind;
    Verdict verdict;  // of errors
    std::string text;
    std::string_view subject = {};  // what was looked at: a constant of check_report.h; empty: about()
  };

  // What the lines from here on are about.
  void about(std::string_view subject) { subject_ = subject; }

  void error(Verdict verdict, std::string text) { add(Line::Kind::kError, verdict, std::move(text)); }
  void warning(std::string text) { add(Line::Kind::kWarning, Verdict::kAccepted, std::move(text)); }
  void good(std::string text) { add(Line::Kind::kGood, Verdict::kAccepted, std::move(text)); }

  const std::vector<Line>& lines() const { return lines_; }
  std::size_t count(Line::Kind kind) const;
  bool has_errors() const { return count(Line::Kind::kError) != 0; }
  // A line each, "error: JPKI-602 …" and "warning: …", then "1 error(s), 2 warning(s)".
  std::string text() const;

 private:
  void add(Line::Kind kind, Verdict verdict, std::string text) {
    lines_.push_back({kind, verdict, std::move(text), subject_});
  }

  std::vector<Line> lines_;
  std::string_view subject_;
};

}  // namespace jpki
