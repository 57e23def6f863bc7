// SPDX-License-Identifier: LGPL-2.1-or-later
//
// self_check(): jpki-validator --check. Loads all that a login would, as the user that a login would, and
// tells everything that is wrong at once. Touches no card. What a login asks of Active Directory's account
// rules is jpkictl's to check.
#pragma once

#include "base/time.h"
#include "validator/check_report.h"
#include "validator/schedule/source_rule.h"
#include "validator/trust/certificate_file.h"

#include <span>
#include <string>
#include <vector>

namespace jpki {

// Whether PKCS#11 modules are loaded: that asks pcscd, and hangs where pcscd does.
enum class Modules { kLoaded, kLeftOut };

// `config_file`: empty for the compiled-in one.
void self_check(const std::string& config_file, Time now, CheckReport& report,
                Modules modules = Modules::kLoaded);

// Its part about the rules of sources: which would be asked now, and whether any is.
void check_service(const std::vector<schedule::SourceRule>& rules, const std::string& segment, Time now,
                   CheckReport& report);

// Its part about intermediates.d: which CA certificates have expired, or soon will.
void check_intermediates(std::span<const trust::FiledCertificate> intermediates, Time now,
                         CheckReport& report);

}  // namespace jpki
