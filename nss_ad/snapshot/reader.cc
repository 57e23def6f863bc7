// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/snapshot/reader.h"

#include "nss_ad/snapshot/writer.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace jpki::ad::snapshot {
namespace {

constexpr std::uint32_t kAccountDisable = 0x2;  // [MS-ADTS] 2.2.16

std::string explain(const std::string& path, FileState state, int error) {
  switch (state) {
    case FileState::kGood:
      return path + ": good";
    case FileState::kAbsent:
      return path + ": does not exist yet; run nss-ad-refresh";
    case FileState::kForbidden:
      return path + ": this user may not read it; run it as root";
    case FileState::kUnsafe:
      return path + ": is not a regular file that only root can write to; remove it and run nss-ad-refresh";
    case FileState::kForeign:
      return path + ": is not an account snapshot; remove it and run nss-ad-refresh";
    case FileState::kTooNew:
      return path + ": a newer version of jpki-login wrote it; update this one, or run its nss-ad-refresh";
    case FileState::kDamaged:
      return path + ": is damaged; run nss-ad-refresh, and check the disk";
    case FileState::kSystem:
      return path + ": cannot be read: " + std::strerror(error) + "; try again";
  }
  return path;
}

Unexpected<ReadError> damaged(const std::string& path) {
  return Unexpected{ReadError{FileState::kDamaged, explain(path, FileState::kDamaged, 0)}};
}

AccountState unknown_state() {
  AccountState state;
  state.user_account_control = kAccountDisable;
  return state;
}

bool has_sid(const UsersView& view, std::uint32_t offset, const Sid& wanted) {
  Piece sid;
  return view.sid(offset, sid) == Look::kFound && sid_of(sid) == wanted;
}

bool read_user(const UsersView& view, std::uint32_t index, Contents& contents,
               std::unordered_map<std::uint32_t, std::vector<std::uint32_t>>& members) {
  UserFields fields{};
  Memberships memberships{};
  Piece sid;
  if (view.user_at(index, fields) != Look::kFound || view.sid(fields.sid, sid) != Look::kFound ||
      view.memberships(fields, memberships) != Look::kFound)
    return false;
  UserEntry entry;
  const char* at = fields.strings;
  const auto next = [&at](std::uint32_t length) {
    const std::string text(at, length);
    at += length + 1;
    return text;
  };
  entry.name = next(fields.name);
  (void)next(1);
  entry.gecos = next(fields.gecos);
  entry.home = next(fields.home);
  entry.shell = next(fields.shell);
  entry.uid = fields.uid;
  entry.gid = fields.gid;
  entry.sid = sid_of(sid);
  entry.state = unknown_state();
  for (std::uint32_t i = 0; i < memberships.gid_count; ++i)
    members[format::load<std::uint32_t>(memberships.gids + std::size_t{4} * i)].push_back(index);
  contents.users.push_back(std::move(entry));
  return true;
}

bool read_group(const UsersView& view, std::uint32_t index, Contents& contents,
                std::unordered_map<std::uint32_t, std::vector<std::uint32_t>>& members) {
  GroupFields fields{};
  Piece sid;
  if (view.group_at(index, fields) != Look::kFound || view.sid(fields.sid, sid) != Look::kFound) return false;
  contents.groups.push_back({.name = std::string(fields.strings, fields.name),
                             .gid = fields.gid,
                             .sid = sid_of(sid),
                             .members = std::move(members[fields.gid])});
  return contents.groups.back().members.size() == fields.member_count;
}

bool fill_users(const UsersView& view, Contents& contents) {
  contents.realm = text_of(view.realm());
  contents.netbios = text_of(view.netbios());
  contents.enumerate = (view.flags() & format::kEnumerate) != 0;
  contents.name_forms.domain_backslash = (view.flags() & format::kDomainBackslash) != 0;
  contents.name_forms.at_realm = (view.flags() & format::kAtRealm) != 0;
  contents.synchronized = Time(std::chrono::seconds(view.synchronized()));
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> members;
  for (std::uint32_t i = 0; i < view.user_count(); ++i) {
    if (!read_user(view, i, contents, members)) return false;
  }
  for (std::uint32_t i = 0; i < view.second_count(); ++i) {
    if (!read_group(view, i, contents, members)) return false;
  }
  return true;
}

bool join_restricted(const RestrictedView& view, Contents& contents) {
  std::unordered_map<std::uint32_t, std::uint32_t> user_of_account;
  AccountFields account{};
  for (std::uint32_t i = 0; i < contents.users.size(); ++i) {
    UserEntry& entry = contents.users[i];
    const Look look = view.account_by_uid(entry.uid, account);
    if (look == Look::kDamaged) return false;
    if (look == Look::kNone || text_of(account.name) != entry.name || sid_of(account.sid) != entry.sid)
      continue;
    entry.state = state_of(account);
    user_of_account[account.index] = i;
  }
  BindingFields binding{};
  for (std::uint32_t i = 0; i < view.second_count(); ++i) {
    if (view.binding_at(i, binding) != Look::kFound) return false;
    for (std::uint32_t n = 0; n < binding.account_count; ++n) {
      if (view.bound_account(binding, n, account) != Look::kFound) return false;
      const auto user = user_of_account.find(account.index);
      if (user != user_of_account.end())
        contents.bindings.push_back({.mapping = text_of(binding.mapping), .user = user->second});
    }
  }
  return true;
}

}  // namespace

template <class TheView, FileKind kKind>
Expected<Opened<TheView, kKind>, ReadError> Opened<TheView, kKind>::open(const std::string& path,
                                                                         uid_t owner) {
  auto file = std::make_unique<MappedFile>(path.c_str(), kKind, owner);
  if (file->state() != FileState::kGood)
    return Unexpected{ReadError{file->state(), explain(path, file->state(), file->error())}};
  return Opened(std::move(file));
}
template class Opened<UsersView, FileKind::kUsers>;
template class Opened<RestrictedView, FileKind::kRestricted>;

std::string text_of(const Piece& piece) {
  return {piece.bytes, piece.size};
}

Sid sid_of(const Piece& piece) {
  auto sid = Sid::decode(as_bytes({piece.bytes, piece.size}));
  return sid ? std::move(*sid) : Sid{};
}

std::optional<UserFields> find_user(const UsersView& view, const Sid& sid) {
  UserFields fields{};
  for (std::uint32_t i = 0; i < view.user_count(); ++i)
    if (view.user_at(i, fields) == Look::kFound && has_sid(view, fields.sid, sid)) return fields;
  return std::nullopt;
}

std::optional<GroupFields> find_group(const UsersView& view, const Sid& sid) {
  GroupFields fields{};
  for (std::uint32_t i = 0; i < view.second_count(); ++i)
    if (view.group_at(i, fields) == Look::kFound && has_sid(view, fields.sid, sid)) return fields;
  return std::nullopt;
}

std::optional<GroupFields> find_group(const UsersView& view, const std::string& name_or_sid) {
  if (const auto sid = Sid::parse(name_or_sid)) return find_group(view, *sid);
  GroupFields fields{};
  if (view.group_by_name(name_or_sid.data(), name_or_sid.size(), fields) != Look::kFound) return std::nullopt;
  return fields;
}

std::vector<std::string> names_of(const Piece& list) {
  std::vector<std::string> names;
  std::string_view rest(list.bytes, list.size);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\0'), rest.size() - 1);
    names.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  return names;
}

AccountState state_of(const AccountFields& account) {
  AccountState state;
  state.user_account_control = account.user_account_control;
  state.account_expires = account.account_expires;
  state.lockout_time = account.lockout_time;
  state.pwd_last_set = account.pwd_last_set;
  if (account.hours_are_limited) {
    state.logon_hours.emplace();
    std::copy_n(account.logon_hours, state.logon_hours->size(), state.logon_hours->begin());
  }
  state.workstations = names_of(account.workstations);
  return state;
}

Expected<Contents, ReadError> read_users(const std::string& directory, uid_t owner) {
  const std::string path = directory + "/" + kUsersFile;
  const auto file = OpenedUsers::open(path, owner);
  if (!file) return Unexpected{file.error()};
  Contents contents;
  if (!file->view().content_is_whole() || !fill_users(file->view(), contents)) return damaged(path);
  return contents;
}

Expected<Contents, ReadError> read_contents(const std::string& directory, uid_t owner) {
  const std::string path = directory + "/" + kRestrictedFile;
  const auto file = OpenedRestricted::open(path, owner);
  if (!file) return Unexpected{file.error()};
  auto contents = read_users(directory, owner);
  if (!contents) return contents;
  if (!file->view().content_is_whole() || !join_restricted(file->view(), *contents)) return damaged(path);
  return contents;
}

}  // namespace jpki::ad::snapshot
