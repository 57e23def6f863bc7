// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/snapshot/file_frame.h"
#include "nss_ad/snapshot/writer.h"

#include <algorithm>

namespace jpki::ad::snapshot {
namespace {

namespace user = format::user;
namespace group = format::group;
using format::Section;

// The contents in the file's order, with all that is worked out from them.
struct Plan {
  std::vector<const UserEntry*> users;    // by uid
  std::vector<const GroupEntry*> groups;  // by gid
  std::vector<std::uint32_t> uids;
  std::vector<std::uint32_t> gids;
  std::vector<std::string> user_keys;
  std::vector<std::string> group_keys;
  std::vector<std::vector<std::uint32_t>> gids_of_user;   // for each of `users`
  std::vector<std::vector<std::uint32_t>> group_members;  // for each of `groups`: into contents.users
};

bool is_field(std::string_view text) {
  return text.size() <= 0xFFFF &&
         std::ranges::none_of(text, [](char c) { return c == ':' || (c >= 0 && c < 0x20) || c == 0x7F; });
}

std::string why_not(const UserEntry& entry) {
  // The first part of a record has 16 bits for its size.
  constexpr std::size_t kMaxText = 0xFFFF - user::kText - 2 * format::kMaxKey - 16;
  if (entry.gecos.size() + entry.home.size() + entry.shell.size() > kMaxText)
    return "its full name, home directory and shell are too long";
  if (!is_field(entry.gecos)) return "its full name has a colon or a control character";
  if (!is_field(entry.home)) return "its home directory has a colon or a control character";
  if (!is_field(entry.shell)) return "its shell has a colon or a control character";
  if (format::is_forbidden_id(entry.gid)) return "ids 0 and 4294967295 are not allowed for its primary group";
  return {};
}

std::string sort_users(const Contents& contents, Plan& plan) {
  std::vector<NamedId> named;
  for (const std::uint32_t i : order_by(contents.users, [](const UserEntry& entry) { return entry.uid; })) {
    const UserEntry& entry = contents.users[i];
    plan.users.push_back(&entry);
    plan.uids.push_back(entry.uid);
    named.push_back({&entry.name, entry.uid});
    if (const std::string why = why_not(entry); !why.empty()) return "user '" + entry.name + "': " + why;
  }
  auto keys = check_entries(named, "user");
  if (!keys) return keys.error();
  plan.user_keys = std::move(*keys);
  return {};
}

std::string sort_groups(const Contents& contents, Plan& plan) {
  std::vector<NamedId> named;
  std::vector<std::vector<std::uint32_t>> gids(contents.users.size());
  for (const std::uint32_t i : order_by(contents.groups, [](const GroupEntry& entry) { return entry.gid; })) {
    const GroupEntry& entry = contents.groups[i];
    plan.groups.push_back(&entry);
    plan.gids.push_back(entry.gid);
    named.push_back({&entry.name, entry.gid});
    std::vector<std::uint32_t> members = entry.members;
    std::ranges::sort(members);
    members.erase(std::unique(members.begin(), members.end()), members.end());
    if (!members.empty() && members.back() >= contents.users.size())
      return "group '" + entry.name + "': a member is not a user in the snapshot";
    for (const std::uint32_t member : members) gids[member].push_back(entry.gid);
    plan.group_members.push_back(std::move(members));
  }
  for (const UserEntry* entry : plan.users)
    plan.gids_of_user.push_back(std::move(gids[static_cast<std::size_t>(entry - contents.users.data())]));
  auto keys = check_entries(named, "group");
  if (!keys) return keys.error();
  plan.group_keys = std::move(*keys);
  return {};
}

std::uint64_t append_sid(Image& image, const Sid& sid) {
  const Blob bytes = sid.encode();
  image.pad_to(4);
  const std::uint64_t at = image.reserve(format::sid::kBytes);
  image.put(at + format::sid::kLength, static_cast<std::uint32_t>(bytes.size()));
  image.append(bytes);
  image.seal(at);
  return at;
}

// The key, when the name is not its own, and the record's length so far.
void append_key(Image& image, std::uint64_t at, std::uint32_t length_at, const std::string& key,
                const std::string& name) {
  image.put(at + length_at, static_cast<std::uint16_t>(key == name ? 0 : key.size()));
  if (key != name) image.append(key, false);
}

std::uint64_t append_user(Image& image, const Plan& plan, std::uint32_t index, std::uint64_t sid) {
  const UserEntry& entry = *plan.users[index];
  const auto& gids = plan.gids_of_user[index];
  image.pad_to(4);
  const std::uint64_t at = image.reserve(user::kText);
  image.put(at + user::kUid, entry.uid);
  image.put(at + user::kGid, entry.gid);
  image.put(at + user::kGidCount, static_cast<std::uint32_t>(gids.size()));
  image.put(at + user::kSid, static_cast<std::uint32_t>(sid));
  image.put(at + user::kNameLength, static_cast<std::uint16_t>(entry.name.size()));
  image.put(at + user::kGecosLength, static_cast<std::uint16_t>(entry.gecos.size()));
  image.put(at + user::kHomeLength, static_cast<std::uint16_t>(entry.home.size()));
  image.put(at + user::kShellLength, static_cast<std::uint16_t>(entry.shell.size()));
  append_key(image, at, user::kKeyLength, plan.user_keys[index], entry.name);
  for (const std::string_view text :
       {std::string_view(entry.name), std::string_view("x"), std::string_view(entry.gecos),
        std::string_view(entry.home), std::string_view(entry.shell)})
    image.append(text, true);
  image.pad_to(4);
  image.put(at + user::kSize, static_cast<std::uint16_t>(image.size() - at));
  image.seal(at);
  const std::uint64_t second = image.reserve(4);
  for (const std::uint32_t gid : gids) image.append_number(gid);
  image.seal(second);
  return at;
}

std::uint64_t append_group(Image& image, const Contents& contents, const Plan& plan, std::uint32_t index,
                           std::uint64_t sid) {
  const GroupEntry& entry = *plan.groups[index];
  const auto& members = plan.group_members[index];
  std::uint64_t member_bytes = 0;
  for (const std::uint32_t member : members) member_bytes += contents.users[member].name.size() + 1;
  image.pad_to(4);
  const std::uint64_t at = image.reserve(group::kText);
  image.put(at + group::kGid, entry.gid);
  image.put(at + group::kMemberCount, static_cast<std::uint32_t>(members.size()));
  image.put(at + group::kMemberBytes, static_cast<std::uint32_t>(member_bytes));
  image.put(at + group::kSid, static_cast<std::uint32_t>(sid));
  image.put(at + group::kNameLength, static_cast<std::uint16_t>(entry.name.size()));
  append_key(image, at, group::kKeyLength, plan.group_keys[index], entry.name);
  image.append(entry.name, true);
  image.append("x", true);
  image.pad_to(4);
  image.put(at + group::kSize, static_cast<std::uint16_t>(image.size() - at));
  image.seal(at);
  const std::uint64_t second = image.reserve(4);
  for (const std::uint32_t member : members) image.append(contents.users[member].name, true);
  image.seal(second);
  return at;
}

}  // namespace

Expected<Blob, std::string> lay_out_users(const Contents& contents) {
  Plan plan;
  if (std::string why = sort_users(contents, plan); !why.empty()) return Unexpected{std::move(why)};
  if (std::string why = sort_groups(contents, plan); !why.empty()) return Unexpected{std::move(why)};
  const auto tables = fill_tables([&plan](std::uint64_t seed) {
    return std::vector<Hashes>{hash_names(plan.user_keys, seed), hash_ids(plan.uids, seed),
                               hash_names(plan.group_keys, seed), hash_ids(plan.gids, seed)};
  });
  if (!tables) return Unexpected{std::string("names or ids of the directory fill no hash table evenly")};

  std::vector<std::string> keys = plan.user_keys;
  keys.insert(keys.end(), plan.group_keys.begin(), plan.group_keys.end());
  Image image = begin_file(contents, format::kUsersMagic, tables->seed, plan.groups.size(), keys);
  const std::uint64_t user_index = reserve_index(image, Section::kUsersById, plan.users.size());
  const std::uint64_t group_index = reserve_index(image, Section::kSecondIndex, plan.groups.size());
  constexpr Section kTables[] = {Section::kUserNames, Section::kUids, Section::kSecondNames, Section::kGids};
  std::vector<std::uint64_t> places;
  for (std::size_t i = 0; i < 4; ++i) places.push_back(tables->tables[i].reserve(image, kTables[i]));
  // What look-ups touch lies close together: SIDs are elsewhere.
  std::vector<std::uint64_t> sids;
  for (const UserEntry* entry : plan.users) sids.push_back(append_sid(image, entry->sid));
  for (const GroupEntry* entry : plan.groups) sids.push_back(append_sid(image, entry->sid));
  std::vector<std::uint64_t> users;
  for (std::uint32_t i = 0; i < plan.users.size(); ++i) users.push_back(append_user(image, plan, i, sids[i]));
  std::vector<std::uint64_t> groups;
  for (std::uint32_t i = 0; i < plan.groups.size(); ++i)
    groups.push_back(append_group(image, contents, plan, i, sids[plan.users.size() + i]));
  write_index(image, user_index, plan.uids, users);
  write_index(image, group_index, plan.gids, groups);
  for (std::size_t i = 0; i < 4; ++i) tables->tables[i].write(image, places[i], i < 2 ? users : groups);
  return finish_file(std::move(image));
}

}  // namespace jpki::ad::snapshot
