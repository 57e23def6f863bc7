// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl emergency, as functions: what is issued, listed, revoked and answered, and how that is told.
#pragma once

#include "emergency/key.h"
#include "emergency/moment.h"
#include "emergency/store.h"
#include "jpkictl/context.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace jpki::ctl {

struct EmergencySite {
  const emergency::Store& store;
  emergency::Moment now;
  std::string host;
  // The uid and the name of an account as this machine has them; nothing: there is none.
  std::function<std::optional<std::pair<uid_t, std::string>>(const std::string&)> account;
  std::function<void(const std::string&)> announce;  // one line, to the log of the machine, as a warning
  std::string administrator;  // who logged in, as the kernel keeps it: for the register
};

struct IssueOptions {
  std::string account;
  unsigned hours = 0;
  std::string reason;
};

struct AnswerOptions {
  std::string challenge;
  std::string host;
  std::string account;
  std::string reason;
};

// A new code for the account; one that it has already is void from then on. Nothing is issued that cannot be
// registered.
ExitStatus emergency_issue(const IssueOptions& options, const EmergencySite& site, const Context& context);
ExitStatus emergency_list(const EmergencySite& site, const Context& context);
// `what`: an account, or the id of a code.
ExitStatus emergency_revoke(const std::string& what, const EmergencySite& site, const Context& context);
// For a computer far away, with the site's key.
ExitStatus emergency_answer(const AnswerOptions& options, const emergency::Key& site_key,
                            const EmergencySite& site, const Context& context);

}  // namespace jpki::ctl
