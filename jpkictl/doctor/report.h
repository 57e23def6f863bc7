// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What `jpkictl doctor` prints.
#pragma once

#include "jpkictl/context.h"
#include "jpkictl/doctor/links.h"
#include "jpkictl/explain.h"

#include <optional>
#include <string>
#include <vector>

namespace jpki::ctl::doctor {

// kBad: something is bad; else kCouldNotTell when something could not be told.
ExitStatus status_of(const std::vector<Finding>& findings);

// A line for each link, then the first cause and its remedy.
std::string text_of(const std::vector<Finding>& findings, const std::optional<ExplainedCode>& code,
                    const Words& words);
// In English, whatever the language: for scripts.
Json json_of(const std::vector<Finding>& findings, const std::optional<ExplainedCode>& code);

}  // namespace jpki::ctl::doctor
