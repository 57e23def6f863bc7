// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Installation: where the parts that the module needs were installed. Fixed when the module is compiled
// (pam_entry.cc); never an option, never taken from the environment.
#pragma once

#include "base/place_facts.h"
#include "pam_jpki/system_language.h"

#include <chrono>

namespace jpki::pam {

struct Installation {
  const char* validator;         // absolute path of jpki-validator
  const char* validator_socket;  // where root listens for hosts that may not start one for others
  const char* locale_dir;        // holds ja/LC_MESSAGES/jpki.mo
  const char* account_helper;    // absolute path of jpki-account
  const char* account_socket;    // where root listens for the same hosts
  const char* directory_config;  // ad.toml: where it is, accounts come from a directory
  const char* directory_state;   // where the accounts of a directory are kept
  const char* session_records;   // directory of base/session_record.h
  const char* lock_notes;        // directory of base/lock_note.h
  PlaceSources place;
  LanguageFiles language;
  std::chrono::milliseconds prompt_life;   // how long what was checked before a prompt holds
  std::chrono::milliseconds restart_pace;  // between two attempts where the host begins anew at once
  const char* emergency_helper;            // absolute path of jpki-emergency
  const char* emergency_history;    // directory of emergency/store.h, in which it keeps what is to be told
  const char* ticket_helper;        // absolute path of jpki-ticket
  const char* registration_helper;  // absolute path of jpki-self-registration
};

}  // namespace jpki::pam
