// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Files of others in which a setup changes a line: their text, before and after.
#pragma once

#include <string>

namespace jpki::ctl::setup {

// nsswitch.conf(5) with "ad" behind "files" of passwd, group and shadow, wherever it is missing.
std::string with_directory_accounts(const std::string& nsswitch);
// A TOML file without tables with `key = value`: where the key is set, else where it is commented out, else
// at the end. A key that is set in another way is there twice then, which readers of TOML refuse.
std::string with_setting(const std::string& toml, const std::string& key, const std::string& value);
// The administrative file of update-alternatives(1), with a choice that no package changes.
std::string chosen_by_hand(const std::string& alternatives);
// A file of PAM with `lang=LANGUAGE` at the end of the auth lines of pam_jpki.so, where pam-auth-update keeps
// it.
std::string with_language(const std::string& pam_file, const std::string& language);

}  // namespace jpki::ctl::setup
