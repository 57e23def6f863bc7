// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl setup plan|apply|confirm|rollback|status|check: what each is asked for, and does.
#pragma once

#include "jpkictl/context.h"
#include "jpkictl/setup/plan.h"

#include <string>
#include <vector>

namespace jpki::ctl::setup {

struct ApplyOptions {
  Answers answers;
  unsigned minutes = 10;       // until it goes back
  bool without_timer = false;  // nothing goes back by itself
  bool yes = false;
  bool dry_run = false;
};
// kBad: refused, or nothing was meant. Whatever fails in the middle is put back at once.
ExitStatus apply(const ApplyOptions& options, const Context& context);

struct ConfirmOptions {
  bool without_login = false;
};
ExitStatus confirm(const ConfirmOptions& options, const Context& context);

struct RollbackOptions {
  bool due = false;  // only when the time is over
  bool yes = false;
};
// kBad: it went back, and what others had changed is kept beside.
ExitStatus rollback(const RollbackOptions& options, const Context& context);

struct StatusOptions {};
ExitStatus status(const StatusOptions& options, const Context& context);

struct CheckOptions {
  std::string root;
  std::vector<std::string> services;
  bool exclusive = false;
};
ExitStatus check(const CheckOptions& options, const Context& context);

}  // namespace jpki::ctl::setup
