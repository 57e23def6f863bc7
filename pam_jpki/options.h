// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Options: the words after the module's name in pam.d. A mistake there must not lock everybody out: an
// unknown word or a bad value is reported and keeps the default. Only a bad config_file is fatal, because
// another configuration than the one the administrator named would decide.
#pragma once

#include "base/protocol.h"
#include "pam_jpki/screen.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace jpki::pam {

enum class Language {
  kAuto,  // what the host program speaks (its LC_MESSAGES), or the machine where it sets no locale
  kJapanese,
  kEnglish,
};

struct Options {
  Purpose purpose = Purpose::kLogin;  // the word presence, recent or register
  bool emergency = false;             // the word emergency: a code instead of a card
  bool debug = false;
  bool quiet = false;           // prompts only, and no word of ours before them
  bool use_first_pass = false;  // the PIN is PAM_AUTHTOK, never a prompt; wins over try_first_pass
  bool try_first_pass = false;  // PAM_AUTHTOK first, a prompt when that is no PIN or a wrong one
  bool ignore_unknown_user = false;
  bool ignore_authinfo_unavail = false;
  bool allow_remote = false;            // let people in who are not at this machine
  bool remote_seats = false;            // by the card of a thin client that jpki.toml names for it
  bool only_unnamed = false;            // a named user is the next module's business
  bool same_card = false;               // inside a session that a card opened only that card counts
  std::optional<bool> unknown_is_here;  // where_unknown=local or =remote; nothing: by whether logind runs
  std::chrono::seconds wait_for_card{0};
  std::chrono::seconds timeout{30};
  std::optional<Screen> screen;  // screen=; nothing: by the PAM service and the terminal
  uid_t min_uid = 1000;
  std::string config_file;         // empty: the validator's compiled-in one
  bool config_file_usable = true;  // false: config_file= is not an absolute path
  Language language = Language::kAuto;
};

struct ParsedOptions {
  Options options;
  std::vector<std::string> complaints;  // one line each, for the log
};

ParsedOptions parse_options(int argc, const char* const* argv);

}  // namespace jpki::pam
