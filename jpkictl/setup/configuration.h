// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The configurations that a setup adds a drop-in to, jpki.toml and ad.toml: what their other files say about
// an answer. They are read by the configuration's own reader of TOML. Of a key the file counts that is read
// last: the main file, then the drop-ins in the order of their names; tables in double brackets add up.
#pragma once

#include "jpkictl/setup/plan.h"

namespace jpki::ctl::setup {

inline constexpr char kMainSettings[] = JPKI_SYSCONFDIR "/jpki.toml";
inline constexpr char kSettingsDirectory[] = JPKI_SYSCONFDIR "/jpki.toml.d";
inline constexpr char kSettings[] = JPKI_SYSCONFDIR "/jpki.toml.d/50-setup.toml";
inline constexpr char kDirectory[] = JPKI_SYSCONFDIR "/ad.toml";
inline constexpr char kDirectorySettingsDirectory[] = JPKI_SYSCONFDIR "/ad.toml.d";
inline constexpr char kDirectorySettings[] = JPKI_SYSCONFDIR "/ad.toml.d/50-setup.toml";

// Whether `path` is `main`, or a file that is read after it.
bool belongs_to(const std::string& main, const std::string& path);

// Refused: a file that is read later sets it otherwise; another file names sources of revocation in an order
// of its own, or a CRL of the same name; no source is for the segment. What cannot be read says nothing here
// (outcome.h).
Expected<Unit, Trouble> check_other_files(const Answers& answers, const Files& files);

// Whether people come from the directory, once `answers` hold.
bool accounts_from_directory(const Answers& answers, const Files& files);

}  // namespace jpki::ctl::setup
