// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the codes of the refresh programs mean for the administrator: 7xx of jpki-crl-refresh, 8xx of
// nss-ad-refresh. Their own lines name the file or the object; this is what all lines of a code have in
// common.
#pragma once

#include "jpkictl/explanations.h"
#include "nss_ad/refresh/problem.h"
#include "validator/crl_refresh/problem.h"

#include <cstdint>
#include <optional>

namespace jpki::ctl {

struct ProblemExplanation {
  const char* name;  // "crl-not-fetched"
  Explanation explanation;
};

ProblemExplanation explanation_of(crl_refresh::Problem problem) noexcept;
ProblemExplanation explanation_of(ad::ldap::Failure failure) noexcept;
ProblemExplanation explanation_of(ad::refresh::Problem problem) noexcept;
ProblemExplanation explanation_of(ad::ObjectProblem problem) noexcept;

// Of the code JPKI-`number`; nothing when no refresh program has it.
std::optional<ProblemExplanation> problem_explanation(std::uint16_t number) noexcept;

}  // namespace jpki::ctl
