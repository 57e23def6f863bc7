// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/resolve/local_accounts.h"

#include "base/bytes.h"
#include "base/number.h"
#include "base/text_lines.h"
#include "base/unique_fd.h"
#include "base/whole_transfer.h"

#include <array>
#include <cerrno>

#include <fcntl.h>

namespace jpki::ad {
namespace {

// name:password:id:…
void parse(std::string_view text, std::map<std::string, std::uint32_t, std::less<>>& names,
           std::map<std::uint32_t, std::string>& ids) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const auto name_end = line.find(':');
    const auto password_end = name_end == line.npos ? line.npos : line.find(':', name_end + 1);
    if (password_end == line.npos || name_end == 0) continue;
    const std::string_view rest = line.substr(password_end + 1);
    const auto id_end = rest.find(':');
    const auto id = whole_number<std::uint32_t>(rest.substr(0, id_end));
    if (id_end == rest.npos || !id) continue;
    const std::string name(line.substr(0, name_end));
    names.emplace(name, *id);
    ids.emplace(*id, name);
  }
}

// owner:first:count
void parse_subordinate(std::string_view text, std::vector<SubordinateIds>& out) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const auto owner_end = line.find(':');
    const auto first_end = owner_end == line.npos ? line.npos : line.find(':', owner_end + 1);
    if (first_end == line.npos || owner_end == 0) continue;
    const auto first = whole_number<std::uint32_t>(line.substr(owner_end + 1, first_end - owner_end - 1));
    const auto count = whole_number<std::uint32_t>(line.substr(first_end + 1));
    if (first && count) out.push_back({std::string(line.substr(0, owner_end)), *first, *count});
  }
}

Expected<std::string, std::string> read(const std::string& path, bool may_be_missing) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() && may_be_missing && errno == ENOENT) return std::string();
  std::string text;
  std::array<std::uint8_t, 4096> piece;
  for (;;) {
    const auto size = read_up_to(file.get(), piece);
    if (!size) return Unexpected{path + ": cannot be read; without it nobody can tell which ids are local"};
    text.append(as_text(Bytes(piece).first(*size)));
    if (*size < piece.size()) return text;
  }
}

}  // namespace

LocalAccounts parse_local_accounts(const LocalFiles& contents) {
  LocalAccounts local;
  parse(contents.passwd, local.users, local.uids);
  parse(contents.group, local.groups, local.gids);
  parse_subordinate(contents.subuid, local.subordinate);
  parse_subordinate(contents.subgid, local.subordinate);
  return local;
}

Expected<LocalAccounts, std::string> read_local_accounts(const std::string& directory) {
  std::array<std::string, 4> texts;
  const std::array<const char*, 4> names = {"passwd", "group", "subuid", "subgid"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto text = read(directory + "/" + names[i], i >= 2);
    if (!text) return Unexpected{text.error()};
    texts[i] = std::move(*text);
  }
  return parse_local_accounts({texts[0], texts[1], texts[2], texts[3]});
}

std::optional<std::string> holder_of_id(const LocalAccounts& local, std::uint32_t id) {
  if (const auto user = local.uids.find(id); user != local.uids.end()) return "the user " + user->second;
  if (const auto group = local.gids.find(id); group != local.gids.end()) return "the group " + group->second;
  const std::string digits = std::to_string(id);
  for (const SubordinateIds& ids : local.subordinate) {
    const bool inside = id >= ids.first && id - ids.first < ids.count;
    if (inside || ids.owner == digits) return "/etc/subuid or /etc/subgid for " + ids.owner;
  }
  return std::nullopt;
}

std::optional<std::string_view> system_use_of_id(std::uint32_t id) {
  if (id >= 60001 && id <= 60513) return "systemd-homed";
  if (id >= 61184 && id <= 65519) return "services with DynamicUser";
  if (id >= 65534 && id <= 65535) return "nobody";
  return std::nullopt;
}

bool is_container_id(std::uint32_t id) {
  return id >= 524288 && id <= 1879048191;
}

}  // namespace jpki::ad
