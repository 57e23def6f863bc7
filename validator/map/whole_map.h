// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Every line of the account map, for who checks it. A login searches the file instead (map_file.h).
#pragma once

#include "validator/map/map_file.h"

#include <string>
#include <string_view>
#include <vector>

namespace jpki::map {

struct WholeMap {
  std::vector<Binding> bindings;        // in the order of the lines
  std::vector<std::string> complaints;  // about each wrong line: ":17: what is wrong"; no personal data

  // Every account that is bound to some certificate, sorted, each once.
  std::vector<std::string> accounts() const;
};

WholeMap parse_map(std::string_view text);

// The map of a file, or why nobody may trust it.
Expected<WholeMap, MapError> load_map(const std::string& path, uid_t owner = 0);

}  // namespace jpki::map
