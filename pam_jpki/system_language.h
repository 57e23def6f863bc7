// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The language of the machine, for hosts that set no locale (lightdm, sshd, polkit): LANG of the first of two
// files that root wrote. No environment variable decides.
#pragma once

#include "pam_jpki/options.h"

#include <array>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace jpki::pam {

struct LanguageFiles {
  std::array<const char*, 2> paths;  // the first that has a LANG counts
  uid_t owner = 0;                   // besides root; tests own theirs
};

// What is spoken for the option `wanted`: itself, unless it is kAuto and the host speaks no language.
Language spoken_language(Language wanted, const LanguageFiles& files);

// The value of LANG, as in /etc/locale.conf; empty when it is not set.
std::string lang_of(std::string_view file);

// "ja", "ja_JP.UTF-8"
bool is_japanese(std::string_view locale);

}  // namespace jpki::pam
