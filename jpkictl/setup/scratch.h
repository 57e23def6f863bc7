// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Scratch: a directory of its own for copies, which goes away. Signals that end the program by hand wait for
// that.
#pragma once

#include "jpkictl/interruption.h"
#include "jpkictl/private_directory.h"

namespace jpki::ctl::setup {

class Scratch {
 public:
  const std::string& path() const noexcept { return directory_.path(); }  // empty: there is none

 private:
  HeldSignals until_it_is_gone_;
  PrivateDirectory directory_{"setup"};
};

}  // namespace jpki::ctl::setup
