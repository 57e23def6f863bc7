// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Log: lines to syslog's authpriv facility under the module's name and the host's service.
#pragma once

#include "base/protocol.h"

#include <string_view>

#include <security/pam_modules.h>

namespace jpki::pam {

class Log {
 public:
  // Lines of level debug are written only with `debug`. `handle` must outlive the Log.
  Log(pam_handle_t* handle, bool debug) noexcept : handle_(handle), debug_(debug) {}

  void write(LogLevel level, std::string_view text) const;

 private:
  pam_handle_t* handle_;
  bool debug_;
};

}  // namespace jpki::pam
