// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The last refusal of an account, as pam_jpki.so logged it:
// "JPKI-501 not-mapped service=login account=taro …".
#pragma once

#include "base/expected.h"
#include "base/verdict.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jpki::ctl::doctor {

// The last one in `log`, whose last line is the newest.
std::optional<Verdict> last_refusal_in(std::string_view log, std::string_view account);

// In the end of a log file: of a long one its last kLastOctets.
inline constexpr std::int64_t kLastOctets = 4 << 20;
Expected<std::optional<Verdict>, std::string> last_refusal_in_file(const std::string& path,
                                                                   const std::string& account);

// From /var/log/auth.log where there is one, else from the journal. Nothing: the log holds none. The error:
// why the log cannot be read.
Expected<std::optional<Verdict>, std::string> last_refusal(const std::string& account);

}  // namespace jpki::ctl::doctor
