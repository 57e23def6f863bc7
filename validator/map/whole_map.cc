// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/map/whole_map.h"

#include <algorithm>

namespace jpki::map {

std::vector<std::string> WholeMap::accounts() const {
  std::vector<std::string> names;
  for (const Binding& binding : bindings) names.push_back(binding.account);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

WholeMap parse_map(std::string_view text) {
  WholeMap map;
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    auto binding = parse_line(text.substr(begin, end - begin));
    ++number;
    if (!binding) {
      map.complaints.push_back(':' + std::to_string(number) + ": " + binding.error().cause);
    } else if (*binding) {
      (*binding)->offset = begin;
      map.bindings.push_back(std::move(**binding));
    }
    begin = end + 1;
  }
  return map;
}

Expected<WholeMap, MapError> load_map(const std::string& path, uid_t owner) {
  const auto file = read_trusted_file(path, map_trust(owner));
  if (!file) return Unexpected{MapError{Verdict::kMapUnusable, file.error().text}};
  return parse_map(as_text(*file));
}

}  // namespace jpki::map
