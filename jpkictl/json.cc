// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/json.h"

namespace jpki::ctl {

std::string print_json(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace jpki::ctl
