// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/snapshot/view_find.h"

namespace jpki::ad::snapshot {

namespace user = format::user;
namespace group = format::group;
using format::load;
using format::Section;

Look UsersView::user_record(std::uint32_t offset, UserFields& fields) const {
  std::uint32_t size = 0;
  const std::uint8_t* const bytes = record(offset, user::kPart1Size, user::kKey, &size);
  if (bytes == nullptr) return Look::kDamaged;
  fields.index = load<std::uint32_t>(bytes + user::kIndex);
  fields.uid = load<std::uint32_t>(bytes + user::kUid);
  fields.gid = load<std::uint32_t>(bytes + user::kGid);
  fields.key = {reinterpret_cast<const char*>(bytes + user::kKey),
                load<std::uint16_t>(bytes + user::kKeyLength)};
  fields.name = load<std::uint16_t>(bytes + user::kNameLength);
  fields.gecos = load<std::uint16_t>(bytes + user::kGecosLength);
  fields.home = load<std::uint16_t>(bytes + user::kHomeLength);
  fields.shell = load<std::uint16_t>(bytes + user::kShellLength);
  const std::uint64_t strings = user::kKey + format::padded(fields.key.size);
  fields.strings_size = fields.name + fields.gecos + fields.home + fields.shell + 6;
  if (strings + fields.strings_size > size || fields.name == 0 || format::is_forbidden_id(fields.uid) ||
      format::is_forbidden_id(fields.gid))
    return Look::kDamaged;
  fields.strings = reinterpret_cast<const char*>(bytes + strings);
  fields.part2 = offset + size;
  fields.part2_size = load<std::uint32_t>(bytes + user::kPart2Size);
  return Look::kFound;
}

Look UsersView::group_record(std::uint32_t offset, GroupFields& fields) const {
  std::uint32_t size = 0;
  const std::uint8_t* const bytes = record(offset, group::kPart1Size, group::kKey, &size);
  if (bytes == nullptr) return Look::kDamaged;
  fields.index = load<std::uint32_t>(bytes + group::kIndex);
  fields.gid = load<std::uint32_t>(bytes + group::kGid);
  fields.key = {reinterpret_cast<const char*>(bytes + group::kKey),
                load<std::uint16_t>(bytes + group::kKeyLength)};
  fields.name = load<std::uint16_t>(bytes + group::kNameLength);
  fields.member_count = load<std::uint32_t>(bytes + group::kMemberCount);
  fields.member_bytes = load<std::uint32_t>(bytes + group::kMemberBytes);
  const std::uint64_t strings = group::kKey + format::padded(fields.key.size);
  fields.strings_size = fields.name + 3;
  if (strings + fields.strings_size > size || fields.name == 0 || format::is_forbidden_id(fields.gid))
    return Look::kDamaged;
  fields.strings = reinterpret_cast<const char*>(bytes + strings);
  fields.part2 = offset + size;
  fields.part2_size = load<std::uint32_t>(bytes + group::kPart2Size);
  return Look::kFound;
}

Look UsersView::user_by_name(const char* name, std::size_t size, UserFields& fields) const {
  return find_name(Section::kUserNames, name, size, fields,
                   [this](std::uint32_t offset, UserFields& read) { return user_record(offset, read); });
}

Look UsersView::group_by_name(const char* name, std::size_t size, GroupFields& fields) const {
  return find_name(Section::kSecondNames, name, size, fields,
                   [this](std::uint32_t offset, GroupFields& read) { return group_record(offset, read); });
}

Look UsersView::user_by_uid(std::uint32_t uid, UserFields& fields) const {
  return find(Section::kUids, format::hash_of_id(uid, seed()), [&](std::uint32_t offset) {
    return user_record(offset, fields) == Look::kFound && fields.uid == uid ? Look::kFound : Look::kDamaged;
  });
}

Look UsersView::group_by_gid(std::uint32_t gid, GroupFields& fields) const {
  return find(Section::kGids, format::hash_of_id(gid, seed()), [&](std::uint32_t offset) {
    return group_record(offset, fields) == Look::kFound && fields.gid == gid ? Look::kFound : Look::kDamaged;
  });
}

Look UsersView::user_at(std::uint32_t index, UserFields& fields) const {
  if (index >= user_count()) return Look::kNone;
  const std::uint32_t offset = indexed(Section::kUsersById, index);
  return user_record(offset, fields) == Look::kFound && fields.index == index ? Look::kFound : Look::kDamaged;
}

Look UsersView::group_at(std::uint32_t index, GroupFields& fields) const {
  if (index >= second_count()) return Look::kNone;
  const std::uint32_t offset = indexed(Section::kSecondIndex, index);
  return group_record(offset, fields) == Look::kFound && fields.index == index ? Look::kFound
                                                                               : Look::kDamaged;
}

Look UsersView::user_from(std::uint64_t minimum, UserFields& fields) const {
  const std::uint32_t offset = first_from(Section::kUsersById, minimum);
  if (offset == 0) return Look::kNone;
  return user_record(offset, fields) == Look::kFound && fields.uid >= minimum ? Look::kFound : Look::kDamaged;
}

Look UsersView::group_from(std::uint64_t minimum, GroupFields& fields) const {
  const std::uint32_t offset = first_from(Section::kSecondIndex, minimum);
  if (offset == 0) return Look::kNone;
  return group_record(offset, fields) == Look::kFound && fields.gid >= minimum ? Look::kFound
                                                                               : Look::kDamaged;
}

Look UsersView::memberships(const UserFields& fields, Memberships& memberships) const {
  const std::uint8_t* const bytes = second_part(fields.part2, fields.part2_size, user::kGids);
  if (bytes == nullptr) return Look::kDamaged;
  memberships.gids = bytes + user::kGids;
  memberships.gid_count = load<std::uint32_t>(bytes + user::kGidCount);
  const std::uint64_t sid = user::kGids + std::uint64_t{4} * memberships.gid_count;
  const auto sid_length = load<std::uint32_t>(bytes + user::kSidLength);
  if (sid_length > format::kMaxSid || sid + sid_length > fields.part2_size) return Look::kDamaged;
  memberships.sid = {reinterpret_cast<const char*>(bytes + sid), sid_length};
  return Look::kFound;
}

Look UsersView::members(const GroupFields& fields, Members& members) const {
  const std::uint8_t* const bytes = second_part(fields.part2, fields.part2_size, group::kMembers);
  if (bytes == nullptr) return Look::kDamaged;
  const std::uint64_t sid = group::kMembers + std::uint64_t{fields.member_bytes};
  const auto sid_length = load<std::uint32_t>(bytes + group::kSidLength);
  if (sid_length > format::kMaxSid || sid + sid_length > fields.part2_size) return Look::kDamaged;
  // Each name has at least a character and its NUL.
  if (fields.member_count > fields.member_bytes / 2) return Look::kDamaged;
  members.names = {reinterpret_cast<const char*>(bytes + group::kMembers), fields.member_bytes};
  members.sid = {reinterpret_cast<const char*>(bytes + sid), sid_length};
  return Look::kFound;
}

}  // namespace jpki::ad::snapshot
