// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/directory/entry.h"

#include "base/ascii_case.h"
#include "base/number.h"

#include <algorithm>

namespace jpki::ad {
namespace {

constexpr std::uint32_t kNormalAccount = 0x200;       // [MS-ADTS] 2.2.16, N
constexpr std::uint32_t kTemporaryDuplicate = 0x100;  // TD
constexpr std::uint32_t kSecurityGroup = 0x80000000;  // [MS-ADTS] 2.2.12, E
constexpr std::size_t kMaxTextSize = 64 * 1024;

const std::vector<std::string>* values_of(const Entry& entry, std::string_view attribute) {
  const auto found = entry.attributes.find(attribute);
  return found == entry.attributes.end() ? nullptr : &found->second;
}

bool has_class(const Entry& entry, std::string_view name) {
  const auto* classes = values_of(entry, "objectclass");
  return classes != nullptr && std::ranges::any_of(*classes, [name](const std::string& value) {
           return equal_ignoring_case(value, name);
         });
}

// Reads attributes into members; keeps the first problem and then does nothing more.
class Decoder {
 public:
  explicit Decoder(const Entry& entry) : entry_(entry) {}

  void refuse(std::string_view attribute, const char* why) {
    if (!problem_) problem_ = label_of(entry_) + ": " + std::string(attribute) + " " + why;
  }
  const std::optional<std::string>& problem() const { return problem_; }

  std::optional<std::string> value(std::string_view attribute) {
    auto found = single_value(entry_, attribute);
    if (found) return std::move(*found);
    if (!problem_) problem_ = found.error();
    return std::nullopt;
  }
  std::optional<std::string> required(std::string_view attribute) {
    auto found = value(attribute);
    if (!found) refuse(attribute, "is missing; may the account that reads the directory see it?");
    return found;
  }
  std::string text(std::string_view attribute, const std::string& bytes) {
    if (bytes.size() > kMaxTextSize) refuse(attribute, "is too long");
    if (bytes.find('\0') != bytes.npos) refuse(attribute, "has a NUL inside");
    return bytes;
  }
  void get(std::string_view attribute, std::string& out) {
    if (const auto bytes = value(attribute)) out = text(attribute, *bytes);
  }
  void get(std::string_view attribute, std::vector<std::string>& out) {
    const auto* values = values_of(entry_, attribute);
    if (values == nullptr) return;
    for (const std::string& bytes : *values) out.push_back(text(attribute, bytes));
  }
  // LargeInteger and Integer syntaxes of [MS-ADTS] 3.1.1.2.2.2 are decimal text on the wire.
  void get(std::string_view attribute, FileTime& out) {
    const auto bytes = value(attribute);
    if (!bytes) return;
    const auto number = whole_number<std::int64_t>(*bytes);
    if (!number || *number < 0) refuse(attribute, "is not a time");
    out = number.value_or(0);
  }
  void get(std::string_view attribute, std::optional<std::uint32_t>& out) {
    const auto bytes = value(attribute);
    if (!bytes) return;
    out = whole_number<std::uint32_t>(*bytes);
    if (!out) refuse(attribute, "is not a number from 0 to 4294967295");
  }
  void get(std::string_view attribute, std::optional<LogonHours>& out) {
    const auto bytes = value(attribute);
    if (!bytes || bytes->empty()) return;
    LogonHours hours{};
    if (bytes->size() != hours.size()) return refuse(attribute, "must be 21 bytes");
    std::ranges::copy(as_bytes(*bytes), hours.begin());
    out = hours;
  }
  // 32 bits that AD writes as a signed number.
  void get_bits(std::string_view attribute, std::uint32_t& out) {
    const auto bytes = required(attribute);
    if (!bytes) return;
    const auto number = whole_number<std::int64_t>(*bytes);
    if (!number || *number < INT32_MIN || *number > UINT32_MAX) {
      refuse(attribute, "is not a 32-bit number");
    } else {
      out = static_cast<std::uint32_t>(*number);
    }
  }

 private:
  const Entry& entry_;
  std::optional<std::string> problem_;
};

template <class Object>
void decode_identity(Decoder& decoder, const Entry& entry, Object& object) {
  object.dn = entry.dn;
  if (entry.dn.empty()) decoder.refuse("distinguishedName", "is missing");
  if (auto guid = guid_of(entry)) {
    object.guid = *guid;
  } else {
    decoder.refuse("objectGUID", "is missing or is not 16 bytes");
  }
  if (const auto bytes = decoder.required("objectsid")) {
    if (auto sid = Sid::decode(as_bytes(*bytes))) {
      object.sid = std::move(*sid);
    } else {
      decoder.refuse("objectSid", "is not a SID");
    }
  }
  if (const auto bytes = decoder.required("samaccountname"))
    object.name = decoder.text("sAMAccountName", *bytes);
  if (object.name.empty()) decoder.refuse("sAMAccountName", "is empty");
  decoder.get("gidnumber", object.gid_number);
}

// userWorkstations is one value with commas in it.
std::vector<std::string> split_workstations(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

void decode_state(Decoder& decoder, AccountState& state) {
  decoder.get_bits("useraccountcontrol", state.user_account_control);
  decoder.get("accountexpires", state.account_expires);
  decoder.get("lockouttime", state.lockout_time);
  decoder.get("pwdlastset", state.pwd_last_set);
  decoder.get("logonhours", state.logon_hours);
  std::string workstations;
  decoder.get("userworkstations", workstations);
  state.workstations = split_workstations(workstations);
}

}  // namespace

const std::vector<std::string>& wanted_attributes() {
  static const std::vector<std::string> kWanted = {
      "objectClass",       "objectGUID",
      "objectSid",         "sAMAccountName",
      "userPrincipalName", "displayName",
      "primaryGroupID",    "uidNumber",
      "gidNumber",         "unixHomeDirectory",
      "loginShell",        "userAccountControl",
      "accountExpires",    "lockoutTime",
      "pwdLastSet",        "logonHours",
      "userWorkstations",  "altSecurityIdentities",
      "groupType",         "member",
  };
  return kWanted;
}

EntryKind kind_of(const Entry& entry) {
  if (has_class(entry, "group")) {
    const auto type = single_value(entry, "grouptype");
    if (!type || !type->has_value()) return EntryKind::kGroup;
    const auto bits = whole_number<std::int64_t>(**type);
    const bool security = !bits || (static_cast<std::uint32_t>(*bits) & kSecurityGroup) != 0;
    return security ? EntryKind::kGroup : EntryKind::kOther;
  }
  if (!has_class(entry, "user") || has_class(entry, "computer")) return EntryKind::kOther;
  const auto control = single_value(entry, "useraccountcontrol");
  if (!control || !control->has_value()) return EntryKind::kUser;  // user_of() tells what is wrong
  const auto bits = whole_number<std::int64_t>(**control);
  const bool person =
      !bits || (static_cast<std::uint32_t>(*bits) & (kNormalAccount | kTemporaryDuplicate)) != 0;
  return person ? EntryKind::kUser : EntryKind::kOther;
}

Expected<User, std::string> user_of(const Entry& entry) {
  Decoder decoder(entry);
  User user;
  decode_identity(decoder, entry, user);
  decoder.get("userprincipalname", user.principal_name);
  decoder.get("displayname", user.display_name);
  decoder.get_bits("primarygroupid", user.primary_group);
  decoder.get("uidnumber", user.uid_number);
  decoder.get("unixhomedirectory", user.unix_home);
  decoder.get("loginshell", user.login_shell);
  decode_state(decoder, user.state);
  decoder.get("altsecurityidentities", user.alt_security_identities);
  if (decoder.problem()) return Unexpected{*decoder.problem()};
  return user;
}

Expected<Group, std::string> group_of(const Entry& entry) {
  Decoder decoder(entry);
  Group group;
  decode_identity(decoder, entry, group);
  decoder.get("member", group.members);
  if (decoder.problem()) return Unexpected{*decoder.problem()};
  return group;
}

Expected<std::optional<std::string>, std::string> single_value(const Entry& entry,
                                                               std::string_view attribute) {
  const auto* values = values_of(entry, attribute);
  if (values == nullptr || values->empty()) return std::optional<std::string>();
  if (values->size() > 1)
    return Unexpected{label_of(entry) + ": " + std::string(attribute) + " has several values"};
  return std::optional(values->front());
}

Expected<Guid, std::string> guid_of(const Entry& entry) {
  Guid guid{};
  const auto* values = values_of(entry, "objectguid");
  if (values == nullptr || values->size() != 1 || values->front().size() != guid.size())
    return Unexpected{entry.dn + ": objectGUID is missing or is not 16 bytes"};
  std::ranges::copy(as_bytes(values->front()), guid.begin());
  return guid;
}

std::string label_of(const Entry& entry) {
  if (const auto* names = values_of(entry, "samaccountname"); names != nullptr && names->size() == 1) {
    const std::string& name = names->front();
    const bool plain = std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
    if (plain && !name.empty() && name.size() <= 256) return name;
  }
  if (const auto guid = guid_of(entry)) return "object " + text_of(*guid);
  const bool printable =
      std::ranges::none_of(entry.dn, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
  return entry.dn.empty() || !printable ? "an object without a name" : entry.dn;
}

std::string text_of(const Guid& guid) {
  static constexpr std::size_t kOrder[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  std::string out;
  for (std::size_t i = 0; i < guid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    out += to_hex({&guid[kOrder[i]], 1});
  }
  return out;
}

}  // namespace jpki::ad
