// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Lines of /etc/pam.d that name pam_jpki.so, and the words behind the module's name (pam_jpki(8)). A test
// compares them with the manual: nothing of pam_jpki/ may be linked here.
#pragma once

#include "jpkictl/doctor/facts.h"

#include <string>
#include <string_view>
#include <vector>

namespace jpki::ctl::doctor {

enum class PamWord { kKnown, kUnknown, kBadValue };
PamWord judge_pam_word(std::string_view word);

// Includes are not followed: each file is read by itself (jpkictl/pam/pam_file.h).
std::vector<PamLine> parse_pam_file(std::string_view text, const std::string& file);

}  // namespace jpki::ctl::doctor
