// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Facts: everything that the doctor judges, as values. gather.h takes them from this machine; tests make them
// up. Judging them (links.h) touches nothing.
#pragma once

#include "base/time.h"
#include "base/verdict.h"
#include "jpkictl/doctor/access_list.h"
#include "validator/check_report.h"
#include "validator/fetch/fetcher.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace jpki::ctl::doctor {

struct FileFact {
  enum class Kind { kMissing, kRegular, kDirectory, kSocket, kLink, kOther, kHidden };
  Kind kind = Kind::kMissing;  // kHidden: this user may not look
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0;  // permission bits
  Time changed = {};

  bool exists() const { return kind != Kind::kMissing && kind != Kind::kHidden; }
};

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
};

// A line of /etc/pam.d that names pam_jpki.so.
struct PamLine {
  std::string file;  // absolute
  unsigned line = 0;
  std::string facility;  // "auth", "account", "session", "password"
  std::string control;   // "required", "[success=end default=die]"
  std::vector<std::string> options;
};

// What systemd says of a unit.
struct UnitState {
  std::string active;   // "active", "inactive", "failed"
  std::string enabled;  // "enabled", "disabled", "static", empty: there is no such unit
};

struct CardFacts {
  enum class Service { kNotAsked, kAnswers, kDown, kSilent };
  enum class Card { kNone, kHeldByOther, kMyNumber, kOther, kSilent };
  Service service = Service::kNotAsked;
  std::string service_says = {};  // kDown
  unsigned readers = 0;
  Card card = Card::kNone;
  std::optional<unsigned> tries_left = {};
  std::optional<Verdict> certificate = {};  // the path of the login certificate, judged as a login does
};

// A source of revocation data that is asked over the network and is in service now.
struct SourceAnswer {
  std::string name;
  std::string host;                                  // of its first URL, without a path
  std::optional<fetch::FetchError::Reason> trouble;  // nothing: it answered, whatever it said
  std::string text;
};

// A span of the next 24 hours in which no source is in service.
struct Gap {
  std::string from_text;   // "2026-11-29 18:00 +0900"
  std::string until_text;  // the end of the 24 hours where it lasts longer
};

struct DirectoryFacts {
  bool used = false;   // there is an ad.toml
  std::string secret;  // the keytab or the file of the password
  bool keytab = true;  // which of the two
  std::string realm;
};

struct Facts {
  Time now = {};
  bool root = true;
  std::string config_file;  // the one in force, jpki.toml
  std::string site_key;     // file of the pseudonym key
  std::map<std::string, FileFact> files;
  AccessList records;          // of the directory of session records
  AccessList new_records;      // of what is made in it
  std::optional<User> helper;  // _jpki
  std::optional<User> guard;   // _jpki-guard
  std::vector<PamLine> pam;
  std::map<std::string, std::vector<std::string>> nsswitch;  // database → services
  std::optional<std::map<std::string, UnitState>> units;     // nothing: no systemd answers
  // What `jpkictl check` says, as the user that logins run as; nothing: it could not be run, see
  // check_problem.
  std::optional<std::vector<CheckReport::Line>> check;
  std::string check_problem;
  CardFacts card;
  std::vector<SourceAnswer> sources;
  std::optional<Gap> gap;
  std::string proxy;
  DirectoryFacts directory;
  std::optional<std::uint64_t> free_bytes;  // where logins write
  std::optional<std::uint64_t> free_inodes;
  std::string language;                     // LANG of the machine
  bool japanese_locale = true;              // whether ja_JP.UTF-8 can be used
  std::vector<std::string> other_greeters;  // "FILE:LINE" of lightdm's settings that name another greeter

  // Missing when nobody looked.
  const FileFact& file(const std::string& path) const;
};

}  // namespace jpki::ctl::doctor
