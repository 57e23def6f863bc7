// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Codes and what is said of them, for `jpkictl explain` and `jpkictl doctor CODE`.
#pragma once

#include "jpkictl/explanations.h"
#include "jpkictl/json.h"

#include <optional>
#include <string>
#include <vector>

namespace jpki::ctl {

struct ExplainedCode {
  std::string code;  // "JPKI-307"
  std::string name;  // "anchor-retired"
  Explanation explanation;
};

// All, of logins and of the refresh programs, by number.
std::vector<ExplainedCode> all_codes();
// "JPKI-307", "307" or "anchor-retired", in any case.
std::optional<ExplainedCode> find_code(const std::string& word);

Json to_json(const ExplainedCode& code);
std::string to_text(const ExplainedCode& code);

}  // namespace jpki::ctl
