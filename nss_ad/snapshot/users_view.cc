// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/snapshot/view_find.h"

namespace jpki::ad::snapshot {

namespace user = format::user;
namespace group = format::group;
using format::load;
using format::Section;

template <UsersView::Sum kSum>
Look UsersView::user_record(std::uint32_t offset, UserFields& fields) const {
  const std::uint8_t* const fixed = offset % 4 == 0 ? at(offset, user::kText) : nullptr;
  if (fixed == nullptr) return Look::kDamaged;
  const std::uint32_t size = load<std::uint16_t>(fixed + user::kSize);
  const std::uint8_t* const bytes = kSum == Sum::kVerified ? checked(offset, size) : at(offset, size);
  if (bytes == nullptr || size < user::kText || size % 4 != 0) return Look::kDamaged;
  fields.uid = load<std::uint32_t>(bytes + user::kUid);
  fields.gid = load<std::uint32_t>(bytes + user::kGid);
  fields.gid_count = load<std::uint32_t>(bytes + user::kGidCount);
  fields.sid = load<std::uint32_t>(bytes + user::kSid);
  fields.name = load<std::uint16_t>(bytes + user::kNameLength);
  fields.gecos = load<std::uint16_t>(bytes + user::kGecosLength);
  fields.home = load<std::uint16_t>(bytes + user::kHomeLength);
  fields.shell = load<std::uint16_t>(bytes + user::kShellLength);
  const std::uint32_t key = load<std::uint16_t>(bytes + user::kKeyLength);
  fields.strings_size = fields.name + fields.gecos + fields.home + fields.shell + 6;
  if (user::kText + key + fields.strings_size > size || fields.name == 0 ||
      format::is_forbidden_id(fields.uid) || format::is_forbidden_id(fields.gid))
    return Look::kDamaged;
  const auto* const text = reinterpret_cast<const char*>(bytes + user::kText);
  fields.strings = text + key;
  // Without a key the name is its own.
  fields.key = key == 0 ? Piece{fields.strings, fields.name} : Piece{text, key};
  fields.gids = offset + size;
  return Look::kFound;
}

Look UsersView::group_record(std::uint32_t offset, GroupFields& fields) const {
  const std::uint8_t* const fixed = offset % 4 == 0 ? at(offset, group::kText) : nullptr;
  if (fixed == nullptr) return Look::kDamaged;
  const std::uint32_t size = load<std::uint16_t>(fixed + group::kSize);
  const std::uint8_t* const bytes = checked(offset, size);
  if (bytes == nullptr || size < group::kText || size % 4 != 0) return Look::kDamaged;
  fields.gid = load<std::uint32_t>(bytes + group::kGid);
  fields.member_count = load<std::uint32_t>(bytes + group::kMemberCount);
  fields.member_bytes = load<std::uint32_t>(bytes + group::kMemberBytes);
  fields.sid = load<std::uint32_t>(bytes + group::kSid);
  fields.name = load<std::uint16_t>(bytes + group::kNameLength);
  const std::uint32_t key = load<std::uint16_t>(bytes + group::kKeyLength);
  fields.strings_size = fields.name + 3;
  // Each member has at least a character and its NUL.
  if (group::kText + key + fields.strings_size > size || fields.name == 0 ||
      format::is_forbidden_id(fields.gid) || fields.member_count > fields.member_bytes / 2)
    return Look::kDamaged;
  const auto* const text = reinterpret_cast<const char*>(bytes + group::kText);
  fields.strings = text + key;
  fields.key = key == 0 ? Piece{fields.strings, fields.name} : Piece{text, key};
  fields.members = offset + size;
  return Look::kFound;
}

Look UsersView::user_by_name(const char* name, std::size_t size, UserFields& fields) const {
  return find_name(Section::kUserNames, name, size, fields, [this](std::uint32_t offset, UserFields& read) {
    return user_record<Sum::kVerified>(offset, read);
  });
}

Look UsersView::group_by_name(const char* name, std::size_t size, GroupFields& fields) const {
  return find_name(Section::kSecondNames, name, size, fields,
                   [this](std::uint32_t offset, GroupFields& read) { return group_record(offset, read); });
}

Look UsersView::user_by_uid(std::uint32_t uid, UserFields& fields) const {
  return find(Section::kUids, format::hash_of_id(uid, seed()), [&](std::uint32_t offset) {
    return user_record<Sum::kVerified>(offset, fields) == Look::kFound && fields.uid == uid ? Look::kFound
                                                                                            : Look::kDamaged;
  });
}

Look UsersView::group_by_gid(std::uint32_t gid, GroupFields& fields) const {
  return find(Section::kGids, format::hash_of_id(gid, seed()), [&](std::uint32_t offset) {
    return group_record(offset, fields) == Look::kFound && fields.gid == gid ? Look::kFound : Look::kDamaged;
  });
}

Look UsersView::user_at(std::uint32_t index, UserFields& fields) const {
  if (index >= user_count()) return Look::kNone;
  const Indexed entry = indexed(Section::kUsersById, index);
  return user_record<Sum::kVerified>(entry.offset, fields) == Look::kFound && fields.uid == entry.id
             ? Look::kFound
             : Look::kDamaged;
}

Look UsersView::group_at(std::uint32_t index, GroupFields& fields) const {
  if (index >= second_count()) return Look::kNone;
  const Indexed entry = indexed(Section::kSecondIndex, index);
  return group_record(entry.offset, fields) == Look::kFound && fields.gid == entry.id ? Look::kFound
                                                                                      : Look::kDamaged;
}

Look UsersView::user_from(std::uint64_t minimum, UserFields& fields) const {
  const std::uint32_t offset = first_from(Section::kUsersById, minimum);
  if (offset == 0) return Look::kNone;
  return user_record<Sum::kVerified>(offset, fields) == Look::kFound && fields.uid >= minimum
             ? Look::kFound
             : Look::kDamaged;
}

Look UsersView::group_from(std::uint64_t minimum, GroupFields& fields) const {
  const std::uint32_t offset = first_from(Section::kSecondIndex, minimum);
  if (offset == 0) return Look::kNone;
  return group_record(offset, fields) == Look::kFound && fields.gid >= minimum ? Look::kFound
                                                                               : Look::kDamaged;
}

Look UsersView::memberships(const UserFields& fields, Memberships& memberships) const {
  const std::uint8_t* const bytes = checked(fields.gids, 4 + std::uint64_t{4} * fields.gid_count);
  if (bytes == nullptr) return Look::kDamaged;
  memberships = {bytes + 4, fields.gid_count};
  return Look::kFound;
}

// The first part's checksum is not looked at when its key is the name: any other place or number of gids than
// the right one has no checksum that holds.
Look UsersView::memberships_of(const char* name, std::size_t size, Memberships& memberships) const {
  UserFields fields{};
  const Look look = find_name(
      Section::kUserNames, name, size, fields,
      [this](std::uint32_t offset, UserFields& read) { return user_record<Sum::kSkipped>(offset, read); },
      [this](std::uint32_t offset) {
        UserFields verified{};
        return user_record<Sum::kVerified>(offset, verified) == Look::kFound;
      });
  return look == Look::kFound ? this->memberships(fields, memberships) : look;
}

Look UsersView::sid(std::uint32_t offset, Piece& sid) const {
  const std::uint8_t* const fixed = offset % 4 == 0 ? at(offset, format::sid::kBytes) : nullptr;
  if (fixed == nullptr) return Look::kDamaged;
  const auto length = load<std::uint32_t>(fixed + format::sid::kLength);
  const std::uint8_t* const bytes =
      length <= format::kMaxSid ? checked(offset, format::sid::kBytes + length) : nullptr;
  if (bytes == nullptr) return Look::kDamaged;
  sid = {reinterpret_cast<const char*>(bytes + format::sid::kBytes), length};
  return Look::kFound;
}

Look UsersView::members(const GroupFields& fields, Piece& names) const {
  const std::uint8_t* const bytes = checked(fields.members, 4 + std::uint64_t{fields.member_bytes});
  if (bytes == nullptr) return Look::kDamaged;
  names = {reinterpret_cast<const char*>(bytes + 4), fields.member_bytes};
  return Look::kFound;
}

}  // namespace jpki::ad::snapshot
