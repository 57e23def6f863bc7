// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/resolve/local_accounts.h"

#include <charconv>
#include <fstream>
#include <iterator>

namespace jpki::ad {
namespace {

// name:password:id:…
void parse(std::string_view text, std::map<std::string, std::uint32_t, std::less<>>& names,
           std::map<std::uint32_t, std::string>& ids) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto name_end = line.find(':');
    const auto password_end = name_end == line.npos ? line.npos : line.find(':', name_end + 1);
    if (password_end == line.npos || name_end == 0) continue;
    const std::string_view rest = line.substr(password_end + 1);
    std::uint32_t id = 0;
    const auto [last, error] = std::from_chars(rest.data(), rest.data() + rest.size(), id);
    if (error != std::errc() || last == rest.data() + rest.size() || *last != ':') continue;
    const std::string name(line.substr(0, name_end));
    names.emplace(name, id);
    ids.emplace(id, name);
  }
}

Expected<std::string, std::string> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad())
    return Unexpected{path + ": cannot be read; without it nobody can tell which ids are local"};
  return text;
}

}  // namespace

LocalAccounts parse_local_accounts(std::string_view passwd, std::string_view group) {
  LocalAccounts local;
  parse(passwd, local.users, local.uids);
  parse(group, local.groups, local.gids);
  return local;
}

Expected<LocalAccounts, std::string> read_local_accounts(const std::string& passwd,
                                                         const std::string& group) {
  const auto users = read(passwd);
  if (!users) return Unexpected{users.error()};
  const auto groups = read(group);
  if (!groups) return Unexpected{groups.error()};
  return parse_local_accounts(*users, *groups);
}

}  // namespace jpki::ad
