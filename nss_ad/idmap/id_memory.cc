// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/idmap/id_memory.h"

#include "base/number.h"
#include "base/text_lines.h"

#include <fmt/format.h>

namespace jpki::ad::idmap {
namespace {

constexpr std::string_view kUser = "user ";
constexpr std::string_view kGroup = "group ";

void append(std::string& out, std::string_view kind, const std::map<Sid, std::uint32_t>& ids) {
  for (const auto& [sid, id] : ids) out += fmt::format("{}{} {}\n", kind, sid.text(), id);
}

// "S-1-5-21-… 770801107"
bool parse_line(std::string_view line, std::map<Sid, std::uint32_t>& ids) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return false;
  const auto sid = Sid::parse(line.substr(0, space));
  const auto id = whole_number<std::uint32_t>(line.substr(space + 1));
  return sid && id && ids.emplace(*sid, *id).second;
}

}  // namespace

std::string to_text(const IdMemory& memory) {
  std::string out;
  append(out, kUser, memory.users);
  append(out, kGroup, memory.groups);
  return out;
}

Expected<IdMemory, std::string> parse_id_memory(std::string_view text) {
  IdMemory memory;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    const bool good = line.starts_with(kUser)    ? parse_line(line.substr(kUser.size()), memory.users)
                      : line.starts_with(kGroup) ? parse_line(line.substr(kGroup.size()), memory.groups)
                                                 : false;
    if (!good) return Unexpected{fmt::format("line {}: must be \"user SID ID\" or \"group SID ID\"", number)};
  }
  return memory;
}

}  // namespace jpki::ad::idmap
