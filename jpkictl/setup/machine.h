// SPDX-License-Identifier: LGPL-2.1-or-later
//
// This computer, for `jpkictl setup`: what is there, what pam-auth-update would write, and its units.
#pragma once

#include "jpkictl/setup/plan.h"
#include "jpkictl/setup/stack_judge.h"

#include <map>
#include <string>

namespace jpki::ctl::setup {

// The error is "PATH: why".
Expected<Present, std::string> look_around(const Answers& answers);

// Enables or disables, starts or stops; false: systemctl says no. Without `wait` for the units: while the
// computer starts, they may wait for who asks.
bool set_unit(const std::string& unit, bool enabled, bool active, bool wait);
// The timer that rolls back; false: nothing would.
bool start_timer();
void stop_timer();

// Services of PAM below `root` ("" is this computer), where `planned` files lie over what is there.
class PamFiles {
 public:
  explicit PamFiles(std::string root, std::map<std::string, std::string> planned = {})
      : root_(std::move(root)), planned_(std::move(planned)) {}

  // As libpam finds them: /etc/pam.d, then /usr/lib/pam.d. Paths are told without the root.
  std::optional<pam::FileText> read(const std::string& name) const;
  bool installed(const std::string& module) const;
  // Those of both directories, sorted; fragments that others include as well.
  std::vector<std::string> names() const;

 private:
  std::string root_;
  std::map<std::string, std::string> planned_;
  mutable std::map<std::string, bool> installed_ = {};  // what was found
};

}  // namespace jpki::ctl::setup
