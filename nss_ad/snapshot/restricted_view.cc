// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/snapshot/view_find.h"

namespace jpki::ad::snapshot {

namespace account = format::account;
using format::load;
using format::Section;

const std::uint8_t* RestrictedView::record(std::uint32_t offset, std::uint32_t size_at, std::uint32_t fixed,
                                           std::uint32_t& size) const {
  const std::uint8_t* const bytes = offset % 8 == 0 ? at(offset, fixed) : nullptr;
  if (bytes == nullptr) return nullptr;
  size = load<std::uint32_t>(bytes + size_at);
  return size >= fixed ? checked(offset, size) : nullptr;
}

Look RestrictedView::account_record(std::uint32_t offset, AccountFields& fields) const {
  std::uint32_t size = 0;
  const std::uint8_t* const bytes = record(offset, account::kSize, account::kKey, size);
  if (bytes == nullptr) return Look::kDamaged;
  const auto length = [&](std::uint32_t at) { return std::uint32_t{load<std::uint16_t>(bytes + at)}; };
  const auto ticks = [&](std::uint32_t at) {
    return static_cast<std::int64_t>(load<std::uint64_t>(bytes + at));
  };
  fields.index = load<std::uint32_t>(bytes + account::kIndex);
  fields.uid = load<std::uint32_t>(bytes + account::kUid);
  fields.user_account_control = load<std::uint32_t>(bytes + account::kControl);
  fields.hours_are_limited = (load<std::uint32_t>(bytes + account::kFlags) & account::kHoursAreLimited) != 0;
  fields.account_expires = ticks(account::kExpires);
  fields.lockout_time = ticks(account::kLockout);
  fields.pwd_last_set = ticks(account::kPasswordSet);
  fields.logon_hours = bytes + account::kLogonHours;
  const auto* const text = reinterpret_cast<const char*>(bytes);
  fields.key = {text + account::kKey, length(account::kKeyLength)};
  const std::uint64_t name = account::kKey + format::padded(fields.key.size);
  const std::uint32_t name_length = length(account::kNameLength);
  const std::uint64_t workstations = name + name_length + 1;
  const std::uint32_t workstation_bytes = length(account::kWorkstationBytes);
  const std::uint64_t sid = workstations + workstation_bytes;
  const std::uint32_t sid_length = length(account::kSidLength);
  if (sid + sid_length > size || name_length == 0 || sid_length > format::kMaxSid ||
      format::is_forbidden_id(fields.uid))
    return Look::kDamaged;
  fields.name = {text + name, name_length};
  fields.workstations = {text + workstations, workstation_bytes};
  fields.sid = {text + sid, sid_length};
  return Look::kFound;
}

Look RestrictedView::binding_record(std::uint32_t offset, BindingFields& fields) const {
  std::uint32_t size = 0;
  const std::uint8_t* const bytes = record(offset, format::binding::kSize, format::binding::kAccounts, size);
  if (bytes == nullptr) return Look::kDamaged;
  fields.account_count = load<std::uint32_t>(bytes + format::binding::kAccountCount);
  const auto length = load<std::uint32_t>(bytes + format::binding::kLength);
  const std::uint64_t mapping = format::binding::kAccounts + std::uint64_t{4} * fields.account_count;
  if (mapping + length > size || fields.account_count == 0) return Look::kDamaged;
  fields.accounts = bytes + format::binding::kAccounts;
  fields.mapping = {reinterpret_cast<const char*>(bytes + mapping), length};
  return Look::kFound;
}

Look RestrictedView::account_by_name(const char* name, std::size_t size, AccountFields& fields) const {
  return find_name(
      Section::kUserNames, name, size, fields,
      [this](std::uint32_t offset, AccountFields& read) { return account_record(offset, read); });
}

Look RestrictedView::account_by_uid(std::uint32_t uid, AccountFields& fields) const {
  return find(Section::kUids, format::hash_of_id(uid, seed()), [&](std::uint32_t offset) {
    return account_record(offset, fields) == Look::kFound && fields.uid == uid ? Look::kFound
                                                                               : Look::kDamaged;
  });
}

Look RestrictedView::account_at(std::uint32_t index, AccountFields& fields) const {
  if (index >= user_count()) return Look::kNone;
  const std::uint32_t offset = indexed(Section::kUsersById, index).offset;
  return account_record(offset, fields) == Look::kFound && fields.index == index ? Look::kFound
                                                                                 : Look::kDamaged;
}

Look RestrictedView::account_from(std::uint64_t minimum, AccountFields& fields) const {
  const std::uint32_t offset = first_from(Section::kUsersById, minimum);
  if (offset == 0) return Look::kNone;
  return account_record(offset, fields) == Look::kFound && fields.uid >= minimum ? Look::kFound
                                                                                 : Look::kDamaged;
}

Look RestrictedView::binding(const char* mapping, std::size_t size, BindingFields& fields) const {
  return find(Section::kSecondNames, format::hash_of_text(mapping, size, seed()), [&](std::uint32_t offset) {
    if (binding_record(offset, fields) != Look::kFound) return Look::kDamaged;
    const bool same = fields.mapping.size == size && std::memcmp(fields.mapping.bytes, mapping, size) == 0;
    return same ? Look::kFound : Look::kNone;
  });
}

Look RestrictedView::binding_at(std::uint32_t index, BindingFields& fields) const {
  if (index >= second_count()) return Look::kNone;
  return binding_record(indexed(Section::kSecondIndex, index).offset, fields);
}

Look RestrictedView::bound_account(const BindingFields& fields, std::uint32_t n, AccountFields& bound) const {
  return account_record(load<std::uint32_t>(fields.accounts + std::size_t{4} * n), bound);
}

}  // namespace jpki::ad::snapshot
