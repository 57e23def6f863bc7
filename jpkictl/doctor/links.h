// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The links of the chain: what must hold for somebody to log in with a card, in the order in which a login
// needs it. Each link is a pure function of facts.
#pragma once

#include "base/verdict.h"
#include "jpkictl/doctor/facts.h"
#include "jpkictl/doctor/finding.h"

#include <span>
#include <string_view>
#include <vector>

namespace jpki::ctl::doctor {

struct Link {
  std::string_view id;  // "crl-index": stable, for scripts
  const char* title;    // a msgid
  // Links without which this one cannot be judged, or is not worth judging: while one of them is not good, it
  // is the cause.
  std::vector<std::string_view> needs;
  std::vector<Verdict> refusals;  // those that this link can lead to
  Finding (*judge)(const Facts&);
};

std::span<const Link> all_links();

// Every link in order; what an earlier bad link explains is not judged. With `refusal`, the links that can
// lead to it, and what they need, come first.
std::vector<Finding> walk(const Facts& facts, std::optional<Verdict> refusal = {});
// The same over other links.
std::vector<Finding> walk(std::span<const Link> links, const Facts& facts, std::optional<Verdict> refusal);

// The first bad one; nullptr: none.
const Finding* first_bad(const std::vector<Finding>& findings);
const Link& link_of(const Finding& finding);

// The judgements, by the parts of the login.
Finding judge_pam_module(const Facts&);
Finding judge_pam_lines(const Facts&);
Finding judge_pam_options(const Facts&);
Finding judge_pam_account(const Facts&);
Finding judge_helper_user(const Facts&);
Finding judge_programs(const Facts&);
Finding judge_directories(const Facts&);
Finding judge_clock(const Facts&);
Finding judge_disk(const Facts&);
Finding judge_opensc_conf(const Facts&);
Finding judge_configuration(const Facts&);
Finding judge_polkit(const Facts&);
Finding judge_card_service(const Facts&);
Finding judge_reader(const Facts&);
Finding judge_modules(const Facts&);
Finding judge_card(const Facts&);
Finding judge_tries(const Facts&);
Finding judge_anchors(const Facts&);
Finding judge_windows(const Facts&);
Finding judge_certificate(const Facts&);
Finding judge_site_key(const Facts&);
Finding judge_memory(const Facts&);
Finding judge_crl_index(const Facts&);
Finding judge_crl_age(const Facts&);
Finding judge_crl_timer(const Facts&);
Finding judge_service_hours(const Facts&);
Finding judge_tls_anchors(const Facts&);
Finding judge_source_answers(const Facts&);
Finding judge_auxiliary(const Facts&);
Finding judge_accounts(const Facts&);
Finding judge_account_names(const Facts&);
Finding judge_directory_configuration(const Facts&);
Finding judge_directory_secret(const Facts&);
Finding judge_snapshots(const Facts&);
Finding judge_snapshot_age(const Facts&);
Finding judge_bindings(const Facts&);
Finding judge_account_rules(const Facts&);
Finding judge_directory_timer(const Facts&);
Finding judge_name_service(const Facts&);
Finding judge_language(const Facts&);
Finding judge_greeter(const Facts&);
Finding judge_lockers(const Facts&);
Finding judge_guard(const Facts&);
Finding judge_requests(const Facts&);

}  // namespace jpki::ctl::doctor
