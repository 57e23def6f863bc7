// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Contents for the snapshot suites, and what a view answers as text, so that answers can be compared.
#pragma once

#include "nss_ad/snapshot/reader.h"
#include "nss_ad/snapshot/writer.h"
#include "tests/unit/support/check_main.h"
#include "tests/unit/support/fenced.h"

#include <algorithm>

namespace jpki::ad::snapshot::test {

using jpki::test::Fenced;

inline Sid sid_with(std::uint32_t rid) {
  return {5, {21, 2153326666, 2176343378, 3404031434, rid}};
}

inline UserEntry user(const std::string& name, std::uint32_t uid, std::uint32_t gid = 770800513) {
  UserEntry entry;
  entry.name = name;
  entry.uid = uid;
  entry.gid = gid;
  entry.gecos = "Full name of " + name;
  entry.home = "/home/" + name;
  entry.shell = "/bin/bash";
  entry.sid = sid_with(uid % 200000);
  entry.state.user_account_control = 0x200;
  return entry;
}

inline GroupEntry group(const std::string& name, std::uint32_t gid, std::vector<std::uint32_t> members) {
  return {.name = name, .gid = gid, .sid = sid_with(gid % 200000), .members = std::move(members)};
}

// Names of several lengths, cases and scripts, states of several kinds, bindings of none, one and two users.
inline Contents small_site() {
  Contents contents;
  contents.realm = "AD.TEST";
  contents.netbios = "ADT";
  contents.synchronized = Time(std::chrono::seconds(1795330800));
  contents.users = {user("Yamada.Taro", 770801107),
                    user("z", 770801108),
                    user("山田花子", 770801109),
                    user("ＦｕｌｌＷｉｄｔｈ", 770801110),
                    user("administrator-of-the-whole-town", 770801111),
                    user("Ωmega", 770801112)};
  contents.users[1].gecos.clear();
  contents.users[1].state.user_account_control = 0x202;
  contents.users[2].state.logon_hours = LogonHours{0xFF, 0, 0x81};
  contents.users[2].state.workstations = {"PC1", "端末2"};
  contents.users[3].state.account_expires = 134'000'000'000'000'000;
  contents.users[4].state.lockout_time = 133'000'000'000'000'000;
  contents.users[4].state.pwd_last_set = 132'000'000'000'000'000;
  contents.groups = {group("Domain Users", 770800513, {0, 1, 2, 3, 4, 5}), group("empty", 770802000, {}),
                     group("係長", 770801900, {2, 0})};
  contents.bindings = {{"X509:<SKI>93f19e5b1cbeeb18fc3b8e77cefa1ad6daa7a367", 0},
                       {"X509:<SKI>00f19e5b1cbeeb18fc3b8e77cefa1ad6daa7a367", 0},
                       {"X509:<I>c=JP,o=JPKI-TEST<SR>1200000000ac1100", 2},
                       {"X509:<SKI>11", 4},
                       {"X509:<SKI>11", 3}};
  return contents;
}

// `count` users, a tenth as many groups with fifty members each.
inline Contents large_site(std::uint32_t count) {
  Contents contents;
  contents.realm = "AD.TEST";
  contents.netbios = "ADT";
  for (std::uint32_t i = 0; i < count; ++i)
    contents.users.push_back(user("user" + std::to_string(i), 770801000 + i));
  for (std::uint32_t i = 0; i < count / 10; ++i) {
    std::vector<std::uint32_t> members;
    for (std::uint32_t n = 0; n < 50; ++n) members.push_back((i * 10 + n * 7) % count);
    contents.groups.push_back(group("group" + std::to_string(i), 771801000 + i, std::move(members)));
  }
  return contents;
}

// A file's bytes at an address that a mapping could have.
class Loaded {
 public:
  explicit Loaded(Bytes bytes) : size_(bytes.size()), words_(bytes.size() / 8 + 1) {
    std::copy(bytes.begin(), bytes.end(), data());
  }
  std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(words_.data()); }
  HeaderState header(FileKind kind, std::size_t size) { return check_header(data(), size, kind); }
  UsersView users() { return {data(), static_cast<std::uint32_t>(size_)}; }
  RestrictedView restricted() { return {data(), static_cast<std::uint32_t>(size_)}; }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_;
  std::vector<std::uint64_t> words_;
};

inline Loaded loaded(const Expected<Blob, std::string>& bytes) {
  ck_assert_msg(bytes.has_value(), "%s", bytes ? "" : bytes.error().c_str());
  return Loaded(*bytes);
}
inline Loaded users_file(const Contents& contents) {
  return loaded(lay_out_users(contents));
}
inline Loaded restricted_file(const Contents& contents) {
  return loaded(lay_out_restricted(contents));
}

inline std::string told(Look look) {
  return look == Look::kNone ? "none" : "damaged";
}

inline std::string tell(const UsersView& view, Look look, const UserFields& user) {
  if (look != Look::kFound) return told(look);
  std::string text = std::string(user.strings, user.strings_size) + std::to_string(user.uid) + "," +
                     std::to_string(user.gid);
  Memberships memberships{};
  Piece sid;
  if (view.memberships(user, memberships) != Look::kFound || view.sid(user.sid, sid) != Look::kFound)
    return "damaged";
  for (std::uint32_t i = 0; i < memberships.gid_count; ++i)
    text += " " + std::to_string(format::load<std::uint32_t>(memberships.gids + 4 * std::size_t{i}));
  return text + " " + sid_of(sid).text();
}
inline std::string tell(const UsersView& view, Look look, const GroupFields& group) {
  if (look != Look::kFound) return told(look);
  Piece members;
  Piece sid;
  if (view.members(group, members) != Look::kFound || view.sid(group.sid, sid) != Look::kFound)
    return "damaged";
  return std::string(group.strings, group.strings_size) + std::to_string(group.gid) + " " +
         std::to_string(group.member_count) + text_of(members) + sid_of(sid).text();
}
inline std::string tell(Look look, const AccountFields& account) {
  if (look != Look::kFound) return told(look);
  return text_of(account.name) + "," + std::to_string(account.uid) + "," + std::to_string(account.index) +
         "," + std::to_string(account.user_account_control) + "," + std::to_string(account.account_expires) +
         "," + std::to_string(account.lockout_time) + "," + std::to_string(account.pwd_last_set) + "," +
         std::string(reinterpret_cast<const char*>(account.logon_hours), format::account::kLogonHoursSize) +
         (account.hours_are_limited ? "limited" : "") + text_of(account.workstations) +
         sid_of(account.sid).text();
}

inline std::string user_named(const UsersView& view, std::string_view name) {
  UserFields fields{};
  return tell(view, view.user_by_name(name.data(), name.size(), fields), fields);
}
inline std::string user_numbered(const UsersView& view, std::uint32_t uid) {
  UserFields fields{};
  return tell(view, view.user_by_uid(uid, fields), fields);
}
inline std::string groups_of(const UsersView& view, std::string_view name) {
  Memberships memberships{};
  const Look look = view.memberships_of(name.data(), name.size(), memberships);
  std::string text = look == Look::kFound ? "" : told(look);
  for (std::uint32_t i = 0; look == Look::kFound && i < memberships.gid_count; ++i)
    text += std::to_string(format::load<std::uint32_t>(memberships.gids + 4 * std::size_t{i})) + " ";
  return text;
}
inline std::string group_named(const UsersView& view, std::string_view name) {
  GroupFields fields{};
  return tell(view, view.group_by_name(name.data(), name.size(), fields), fields);
}
inline std::string group_numbered(const UsersView& view, std::uint32_t gid) {
  GroupFields fields{};
  return tell(view, view.group_by_gid(gid, fields), fields);
}
inline std::string account_named(const RestrictedView& view, std::string_view name) {
  AccountFields fields{};
  return tell(view.account_by_name(name.data(), name.size(), fields), fields);
}
// The names of all accounts that a mapping string names.
inline std::string bound_to(const RestrictedView& view, std::string_view mapping) {
  BindingFields binding{};
  const Look look = view.binding(mapping.data(), mapping.size(), binding);
  if (look != Look::kFound) return told(look);
  std::string text;
  for (std::uint32_t n = 0; n < binding.account_count; ++n) {
    AccountFields account{};
    const Look bound = view.bound_account(binding, n, account);
    text += (bound == Look::kFound ? text_of(account.name) : told(bound)) + ";";
  }
  return text;
}

}  // namespace jpki::ad::snapshot::test
