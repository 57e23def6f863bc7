// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The plan: which files and units change so that a computer is as it was answered. A function of the answers
// and of what is there; it touches nothing.
#pragma once

#include "jpkictl/setup/journal.h"
#include "jpkictl/trouble.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace jpki::ctl::setup {

enum class Profile {
  kOrPassword,  // a card, or a password without one
  kExclusive,   // cards only; root by password
};

// What is not answered stays as it is.
struct Answers {
  std::optional<Profile> profile = {};
  std::optional<bool> emergency = {};         // the line for emergency codes
  std::string removal = {};                   // "lock", "logoff", "none"
  std::string mapping = {};                   // "local", "ad"
  std::string realm = {};                     // of Active Directory
  std::vector<std::string> controllers = {};  // of that domain, where DNS does not tell
  std::string segment = {};
  std::string language = {};                 // of the prompts: "ja", "en", "auto"
  std::vector<std::string> crls = {};        // "NAME=URL"; several of one name in order of preference
  std::vector<std::string> responders = {};  // of OCSP, likewise; empty: as it is
  std::string feed = {};                     // a file that tells which card stands in place of which
  std::string resolver = {};                 // a program that does
  std::string ocsp_extension = {};           // the OID of an extension of OCSP answers that does
  std::vector<std::string> lockers = {};
  bool greeter = false;  // jpki-greeter for lightdm
  bool gdm = false;      // GDM's service for cards is ours

  bool any() const {
    return profile || emergency || !removal.empty() || !mapping.empty() || !realm.empty() ||
           !segment.empty() || !language.empty() || !crls.empty() || !responders.empty() || !feed.empty() ||
           !resolver.empty() || !ocsp_extension.empty() || !lockers.empty() || greeter || gdm;
  }
};

struct UnitNow {
  bool enabled = false;
  bool active = false;
};

using Files = std::map<std::string, FileState>;  // a path that is not listed is absent

struct Present {
  Files files = {};     // with all drop-ins of jpki.toml and ad.toml
  Files profiles = {};  // what pam-auth-update makes of its files; empty: not asked
  std::map<std::string, UnitNow> units = {};
  std::string ad_template = {};     // the shipped ad.toml
  bool name_service_module = true;  // libnss_ad.so.2 is installed
  bool root_has_password = true;
};

struct Plan {
  std::vector<Change> changes;  // directories before what is in them
  std::vector<UnitChange> units;
};

// Each path whose state plan() wants to know.
std::vector<std::string> paths_of(const Answers& answers);
std::vector<std::string> units_of(const Answers& answers);
// The arguments of pam-auth-update; empty: it is not needed.
std::vector<std::string> profile_words(const Answers& answers);

// Refused: what the answers need is missing, or they contradict each other.
Expected<Plan, Trouble> plan(const Answers& answers, const Present& present);

}  // namespace jpki::ctl::setup
