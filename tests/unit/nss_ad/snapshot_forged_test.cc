// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Files of someone who can compute checksums: each rule of nss_ad/snapshot_format.md broken alone is damage,
// and what just keeps it is not.
#include "tests/unit/nss_ad/snapshot_fixture.h"

#include <algorithm>
#include <functional>

#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::ad::snapshot;
using namespace jpki::ad::snapshot::test;
using format::Section;

class Forged {
 public:
  explicit Forged(const Expected<Blob, std::string>& bytes) : bytes_(bytes.value()) {}

  UsersView users() const { return {bytes_.data(), static_cast<std::uint32_t>(bytes_.size())}; }
  RestrictedView restricted() const { return {bytes_.data(), static_cast<std::uint32_t>(bytes_.size())}; }
  std::string_view text() const { return as_text(bytes_); }

  std::uint32_t number(std::size_t at) const { return format::load<std::uint32_t>(&bytes_[at]); }
  std::uint32_t half(std::size_t at) const { return format::load<std::uint16_t>(&bytes_[at]); }
  void put(std::size_t at, std::uint64_t value, std::size_t size = 4) {
    for (std::size_t i = 0; i < size; ++i) bytes_[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  void seal(std::size_t offset, std::size_t size) {
    put(offset, format::checksum(&bytes_[offset + 4], size - 4, offset + 4));
  }
  void seal_file() {
    namespace header = format::header;
    put(header::kContentChecksum,
        format::checksum(&bytes_[header::kSize], bytes_.size() - header::kSize, header::kSize), 8);
    put(header::kChecksum, format::checksum(bytes_.data(), header::kChecksum, 0), 8);
  }

  // Where the header has the section's offset; its count is behind it.
  static std::size_t extent(Section section) {
    return format::header::kSections + 8 * static_cast<std::size_t>(section);
  }
  // To the very end of the file, which gets no longer than it has to be.
  void move_to_the_end(Section section, std::size_t unit) {
    const std::size_t from = number(extent(section));
    const std::size_t size = unit * number(extent(section) + 4);
    bytes_.resize((bytes_.size() + 7) / 8 * 8);
    const std::size_t to = bytes_.size();
    bytes_.resize(to + size);
    std::copy_n(&bytes_[from], size, &bytes_[to]);
    put(extent(section), to);
  }
  // A copy of a record's first part at the end, where `remainder` is what 8 leaves of its offset.
  std::uint32_t copy_record(std::size_t from, std::size_t size, std::size_t remainder) {
    const std::size_t to = (bytes_.size() + 7) / 8 * 8 + remainder;
    bytes_.resize(to + (size + 7) / 8 * 8);
    std::copy_n(&bytes_[from], size, &bytes_[to]);
    seal(to, size);
    return static_cast<std::uint32_t>(to);
  }

  // Where a table has the offset of the record with this id.
  std::size_t entry_of(Section table, std::uint32_t id) const {
    const std::size_t begin = number(extent(table));
    const std::size_t end = begin + std::size_t{format::bucket::kSize} * number(extent(table) + 4);
    for (std::size_t bucket = begin; bucket < end; bucket += format::bucket::kSize)
      for (std::size_t i = 0; i < format::bucket::kEntries; ++i)
        if (number(bucket + 8 * i) == id && number(bucket + 8 * i + 4) != 0) return bucket + 8 * i + 4;
    ck_abort_msg("id %u is not in the table", id);
  }
  // From then on `key` has the same hash as the record's key.
  void collide(Section table, std::string_view key, std::uint32_t record) {
    const auto seed = format::load<std::uint64_t>(&bytes_[format::header::kSeed]);
    const format::Hash hash = format::hash_of_text(key.data(), key.size(), seed);
    const std::size_t bucket = number(extent(table)) + std::size_t{format::bucket::kSize} *
                                                           (hash.bucket & (number(extent(table) + 4) - 1));
    put(bucket, hash.tag);
    put(bucket + 4, record);
    put(bucket + format::bucket::kChecksum,
        format::checksum(&bytes_[bucket], format::bucket::kChecksum, bucket));
  }

 private:
  Blob bytes_;
};

constexpr std::uint32_t kYamada = 770801107;
constexpr std::uint32_t kZ = 770801108;
constexpr std::uint32_t kLast = 770801112;  // the uid
constexpr std::uint32_t kDomainUsers = 770800513;
constexpr std::uint32_t kKakaricho = 770801900;

Contents site() {
  Contents contents = small_site();
  contents.name_forms = {.domain_backslash = true, .at_realm = true};
  contents.groups.push_back(group("of z", 770802001, {1}));
  contents.bindings.push_back({"X509:<SKI>13", 2});
  return contents;
}

Forged users_of_site() {
  return Forged(lay_out_users(site()));
}
Forged restricted_of_site() {
  return Forged(lay_out_restricted(site()));
}

Look user_of(const Forged& file, std::uint32_t uid) {
  UserFields fields{};
  return file.users().user_by_uid(uid, fields);
}
Look group_of(const Forged& file, std::uint32_t gid) {
  GroupFields fields{};
  return file.users().group_by_gid(gid, fields);
}
Look account_of(const Forged& file, std::uint32_t uid) {
  AccountFields fields{};
  return file.restricted().account_by_uid(uid, fields);
}

START_TEST(a_table_that_leads_to_another_record_is_damage) {
  Forged users = users_of_site();
  users.put(users.entry_of(Section::kUids, kZ), users.number(users.entry_of(Section::kUids, kYamada)));
  ck_assert(user_of(users, kYamada) == Look::kFound);
  ck_assert(user_of(users, kZ) == Look::kDamaged);
  users.put(users.entry_of(Section::kGids, kKakaricho),
            users.number(users.entry_of(Section::kGids, kDomainUsers)));
  ck_assert(group_of(users, kDomainUsers) == Look::kFound);
  ck_assert(group_of(users, kKakaricho) == Look::kDamaged);
  Forged restricted = restricted_of_site();
  restricted.put(restricted.entry_of(Section::kUids, kZ),
                 restricted.number(restricted.entry_of(Section::kUids, kYamada)));
  ck_assert(account_of(restricted, kYamada) == Look::kFound);
  ck_assert(account_of(restricted, kZ) == Look::kDamaged);
}
END_TEST

// Two keys of one hash: the record says whose it is, and must be whole to say so.
START_TEST(who_only_shares_a_hash_is_nobody) {
  for (const std::string name : {"y", "zz", "nobody"}) {
    Forged users = users_of_site();
    const std::uint32_t z = users.number(users.entry_of(Section::kUids, kZ));
    users.collide(Section::kUserNames, name, z);
    users.collide(Section::kSecondNames, name, users.number(users.entry_of(Section::kGids, kKakaricho)));
    ck_assert(user_named(users.users(), name) == "none");
    ck_assert(groups_of(users.users(), name) == "none");
    ck_assert(group_named(users.users(), name) == "none");
    users.put(z + users.half(z + format::user::kSize) - 2, 'x', 1);
    ck_assert(user_named(users.users(), name) == "damaged");
    ck_assert(groups_of(users.users(), name) == "damaged");
    Forged restricted = restricted_of_site();
    restricted.collide(Section::kUserNames, name, restricted.number(restricted.entry_of(Section::kUids, kZ)));
    ck_assert(account_named(restricted.restricted(), name) == "none");
  }
  const std::string known = "X509:<SKI>13";
  for (const std::string mapping : {"X509:<SKI>14", "X509:<SKI>1", "X509:<SKI>131"}) {
    Forged restricted = restricted_of_site();
    BindingFields fields{};
    ck_assert(restricted.restricted().binding(known.data(), known.size(), fields) == Look::kFound);
    const auto record = static_cast<std::uint32_t>(fields.accounts - format::binding::kAccounts -
                                                   restricted.restricted().data());
    restricted.collide(Section::kSecondNames, mapping, record);
    ck_assert_msg(bound_to(restricted.restricted(), mapping) == "none", "%s", mapping.c_str());
  }
}
END_TEST

// What is added to a number of a record, which has two bytes of padding (Yamada.Taro's) or one (Domain
// Users').
struct Row {
  std::uint32_t at;
  std::size_t size;
  std::uint64_t plus;
  Look look;
};
constexpr std::uint64_t kMinus = ~std::uint64_t{0};  // -1

START_TEST(the_strings_of_a_user_end_in_the_record) {
  namespace user = format::user;
  const Row rows[] = {
      {user::kKeyLength, 2, 2, Look::kFound},
      {user::kKeyLength, 2, 3, Look::kDamaged},
      {user::kNameLength, 2, 2, Look::kFound},
      {user::kNameLength, 2, 3, Look::kDamaged},
      {user::kNameLength, 2, kMinus * 11, Look::kDamaged},  // no name
      {user::kNameLength, 2, kMinus * 10, Look::kFound},
      {user::kGecosLength, 2, 2, Look::kFound},
      {user::kGecosLength, 2, 3, Look::kDamaged},
      {user::kHomeLength, 2, 2, Look::kFound},
      {user::kHomeLength, 2, 3, Look::kDamaged},
      {user::kShellLength, 2, 2, Look::kFound},
      {user::kShellLength, 2, 3, Look::kDamaged},
      {user::kSize, 2, kMinus, Look::kDamaged},  // not a multiple of 4
      {user::kSize, 2, kMinus * 2, Look::kDamaged},
      {user::kSize, 2, kMinus * 4, Look::kDamaged},
      {user::kSize, 2, kMinus * (112 - user::kText), Look::kDamaged},
      {user::kSize, 2, kMinus * (112 - user::kText + 4), Look::kDamaged},
  };
  for (const Row& row : rows) {
    Forged file = users_of_site();
    const std::uint32_t record = file.number(file.entry_of(Section::kUids, kYamada));
    ck_assert_uint_eq(file.half(record + user::kSize), 112);
    file.put(record + row.at, file.half(record + row.at) + row.plus, row.size);
    file.seal(record, file.half(record + user::kSize));
    ck_assert_msg(user_of(file, kYamada) == row.look, "row %td", &row - rows);
  }
}
END_TEST

START_TEST(the_strings_of_a_group_end_in_the_record) {
  namespace group = format::group;
  const Row rows[] = {
      {group::kKeyLength, 2, 1, Look::kFound},
      {group::kKeyLength, 2, 2, Look::kDamaged},
      {group::kNameLength, 2, 1, Look::kFound},
      {group::kNameLength, 2, 2, Look::kDamaged},
      {group::kNameLength, 2, kMinus * 12, Look::kDamaged},  // no name
      {group::kNameLength, 2, kMinus * 11, Look::kFound},
      {group::kSize, 2, kMinus, Look::kDamaged},
      {group::kSize, 2, kMinus * 4, Look::kDamaged},
      {group::kSize, 2, kMinus * (56 - group::kText), Look::kDamaged},
      {group::kSize, 2, kMinus * (56 - group::kText + 4), Look::kDamaged},
  };
  for (const Row& row : rows) {
    Forged file = users_of_site();
    const std::uint32_t record = file.number(file.entry_of(Section::kGids, kDomainUsers));
    ck_assert_uint_eq(file.half(record + group::kSize), 56);
    file.put(record + row.at, file.half(record + row.at) + row.plus, row.size);
    file.seal(record, file.half(record + group::kSize));
    ck_assert_msg(group_of(file, kDomainUsers) == row.look, "row %td", &row - rows);
  }
}
END_TEST

START_TEST(a_group_has_an_id_and_no_more_members_than_names) {
  namespace group = format::group;
  const struct {
    std::uint32_t at;
    std::uint32_t value;
    Look look;
  } rows[] = {
      {group::kGid, 1, Look::kFound},          {group::kGid, 0, Look::kDamaged},
      {group::kGid, 0xFFFFFFFE, Look::kFound}, {group::kGid, 0xFFFFFFFF, Look::kDamaged},
      {group::kMemberCount, 1, Look::kFound},  {group::kMemberCount, 2, Look::kDamaged},
      {group::kMemberBytes, 2, Look::kFound},  {group::kMemberBytes, 1, Look::kDamaged},
  };
  for (const auto& row : rows) {
    Forged file = users_of_site();
    const std::uint32_t record = file.number(file.entry_of(Section::kGids, 770802001));
    file.put(record + row.at, row.value);
    file.seal(record, file.half(record + group::kSize));
    GroupFields fields{};
    ck_assert_msg(file.users().group_by_name("of z", 4, fields) == row.look, "row %td", &row - rows);
  }
}
END_TEST

// Fifteen sub-authorities are the most that a SID has.
START_TEST(a_sid_has_a_longest_length) {
  for (const std::uint32_t length : {format::kMaxSid, format::kMaxSid + 1}) {
    Forged file = users_of_site();
    UserFields fields{};
    ck_assert(file.users().user_by_uid(kYamada, fields) == Look::kFound);
    file.put(fields.sid + format::sid::kLength, length);
    file.seal(fields.sid, format::sid::kBytes + length);
    Piece sid;
    const Look expected = length == format::kMaxSid ? Look::kFound : Look::kDamaged;
    ck_assert(file.users().sid(fields.sid, sid) == expected);
  }
}
END_TEST

START_TEST(an_account_has_room_for_its_parts) {
  namespace account = format::account;
  Contents contents = site();
  contents.users[0].state.workstations = {std::string(80, 'W')};
  const struct {
    std::uint32_t workstation_bytes;
    std::uint32_t sid_length;
    Look look;
  } rows[] = {
      {81, 28, Look::kFound},
      {0, format::kMaxSid, Look::kFound},
      {0, format::kMaxSid + 1, Look::kDamaged},  // it has the room
      {82, 28, Look::kDamaged},
      {81, 29, Look::kDamaged},
  };
  for (const auto& row : rows) {
    Forged file(lay_out_restricted(contents));
    const std::uint32_t record = file.number(file.entry_of(Section::kUids, kYamada));
    // 80, the key, the name with its NUL, the workstation, the SID: no padding.
    ck_assert_uint_eq(file.number(record + account::kSize), 80 + 16 + 12 + 81 + 28 + 7);
    file.put(record + account::kSize, 80 + 16 + 12 + 81 + 28);
    file.put(record + account::kWorkstationBytes, row.workstation_bytes, 2);
    file.put(record + account::kSidLength, row.sid_length, 2);
    file.seal(record, file.number(record + account::kSize));
    ck_assert_msg(account_of(file, kYamada) == row.look, "row %td", &row - rows);
  }
  for (const std::uint32_t size : {0U, 3U, 4U, account::kKey - 1, account::kKey}) {
    Forged file(lay_out_restricted(contents));
    const std::uint32_t record = file.number(file.entry_of(Section::kUids, kYamada));
    file.put(record + account::kSize, size);
    file.seal(record, std::max(size, 4U));
    ck_assert(account_of(file, kYamada) == Look::kDamaged);
  }
}
END_TEST

START_TEST(an_account_begins_where_8_divides) {
  for (const std::size_t remainder : {0, 4}) {
    Forged file = restricted_of_site();
    const std::size_t entry = file.entry_of(Section::kUids, kYamada);
    const std::uint32_t record = file.number(entry);
    const std::uint32_t size = file.number(record + format::account::kSize);
    file.put(entry, file.copy_record(record, size, remainder));
    ck_assert(account_of(file, kYamada) == (remainder == 0 ? Look::kFound : Look::kDamaged));
  }
}
END_TEST

START_TEST(a_binding_has_an_account_and_ends_in_its_record) {
  namespace binding = format::binding;
  const struct {
    std::uint32_t at;
    std::uint32_t value;
    Look look;
  } rows[] = {
      {binding::kLength, 12, Look::kFound},           {binding::kLength, 13, Look::kDamaged},
      {binding::kLength, 0xFFFFFFFF, Look::kDamaged}, {binding::kAccountCount, 4, Look::kDamaged},
      {binding::kAccountCount, 0, Look::kDamaged},    {binding::kAccountCount, 0x40000001, Look::kDamaged},
      {binding::kSize, 31, Look::kDamaged},           {binding::kSize, 16, Look::kDamaged},
      {binding::kSize, 15, Look::kDamaged},
  };
  for (const auto& row : rows) {
    Forged file = restricted_of_site();
    // By its mapping string it is the last but one: "11", "13", "93f1…".
    const std::size_t entry = file.number(Forged::extent(Section::kSecondIndex)) + 8 * 3 + 4;
    const std::uint32_t record = file.number(entry);
    ck_assert_uint_eq(file.number(record + binding::kSize), 32);
    file.put(record + row.at, row.value);
    file.seal(record, file.number(record + binding::kSize));
    BindingFields fields{};
    ck_assert_msg(file.restricted().binding_at(3, fields) == row.look, "row %td", &row - rows);
    if (row.look == Look::kFound) ck_assert(text_of(fields.mapping) == "X509:<SKI>13");
  }
}
END_TEST

// What the view answers for an index section and its last entry.
struct Indexed {
  Section section;
  bool in_users;
  std::uint32_t last;
  std::function<Look(const Forged&, std::uint32_t index)> at;
  std::function<Look(const Forged&, std::uint64_t minimum)> from;  // of a binding there is none
};

constexpr int kIndexesWithFrom = 3;  // the first ones
const Indexed kIndexes[] = {
    {Section::kUsersById, true, 5,
     [](const Forged& file, std::uint32_t i) {
       UserFields fields{};
       return file.users().user_at(i, fields);
     },
     [](const Forged& file, std::uint64_t minimum) {
       UserFields fields{};
       return file.users().user_from(minimum, fields);
     }},
    {Section::kSecondIndex, true, 3,
     [](const Forged& file, std::uint32_t i) {
       GroupFields fields{};
       return file.users().group_at(i, fields);
     },
     [](const Forged& file, std::uint64_t minimum) {
       GroupFields fields{};
       return file.users().group_from(minimum, fields);
     }},
    {Section::kUsersById, false, 5,
     [](const Forged& file, std::uint32_t i) {
       AccountFields fields{};
       return file.restricted().account_at(i, fields);
     },
     [](const Forged& file, std::uint64_t minimum) {
       AccountFields fields{};
       return file.restricted().account_from(minimum, fields);
     }},
    {Section::kSecondIndex, false, 4,
     [](const Forged& file, std::uint32_t i) {
       BindingFields fields{};
       return file.restricted().binding_at(i, fields);
     },
     nullptr},
};

Forged file_of(const Indexed& index) {
  return index.in_users ? users_of_site() : restricted_of_site();
}

START_TEST(an_index_ends_with_its_section) {
  const Indexed& index = kIndexes[_i];
  Forged file = file_of(index);
  const std::size_t extent = Forged::extent(index.section);
  ck_assert(index.at(file, index.last) == Look::kFound);
  ck_assert(index.at(file, index.last + 1) == Look::kNone);
  file.put(extent + 4, index.last);  // one entry less than the header says there are users
  ck_assert(index.at(file, index.last) == Look::kDamaged);
  ck_assert(index.at(file, index.last - 1) == Look::kFound);
  if (index.from) ck_assert(index.from(file, 0) == Look::kFound);
}
END_TEST

// An index may be damaged as long as its entries lead to no other record than they say.
START_TEST(an_index_that_leads_to_another_record_is_damage) {
  const Indexed& index = kIndexes[_i];
  ck_assert(static_cast<bool>(index.from));
  Forged file = file_of(index);
  const std::uint32_t pairs = file.number(Forged::extent(index.section));
  const std::uint32_t second = file.number(pairs + 8);
  file.put(pairs + 8 + 4, file.number(pairs + 4));
  ck_assert(index.at(file, 0) == Look::kFound);
  ck_assert(index.at(file, 1) == Look::kDamaged);
  ck_assert(index.from(file, second) == Look::kDamaged);
  ck_assert(index.from(file, std::uint64_t{second} + 1) == Look::kFound);
}
END_TEST

START_TEST(an_index_outside_of_the_file_has_no_entries) {
  const Indexed& index = kIndexes[_i];
  Forged file = file_of(index);
  file.move_to_the_end(index.section, 8);
  ck_assert(index.at(file, index.last) == Look::kFound);
  if (index.from) ck_assert(index.from(file, 0) == Look::kFound);
  const std::size_t extent = Forged::extent(index.section);
  const std::uint32_t offset = file.number(extent);
  file.put(extent, offset + 8);
  ck_assert(index.at(file, index.last) == Look::kDamaged);
  if (index.from) ck_assert(index.from(file, 0) == Look::kNone);
  file.put(extent, offset - 4);
  ck_assert(index.at(file, 0) == Look::kDamaged);
  if (index.from) ck_assert(index.from(file, 0) == Look::kNone);
}
END_TEST

START_TEST(sections_of_text_may_end_the_file) {
  const std::string wide = "ＦＵＬＬＷＩＤＴＨ";
  Forged file = users_of_site();
  file.move_to_the_end(Section::kCasePairs, 8);
  const std::size_t pairs = Forged::extent(Section::kCasePairs);
  ck_assert(user_named(file.users(), wide).starts_with("Ｆｕｌｌ"));
  file.put(pairs + 4, file.number(pairs + 4) + 1);
  ck_assert(user_named(file.users(), wide) == "none");
  file.put(pairs + 4, file.number(pairs + 4) - 1);
  file.put(pairs, file.number(pairs) - 4);
  ck_assert(user_named(file.users(), wide) == "none");
  for (const Section section : {Section::kRealm, Section::kNetbios}) {
    const std::string name = section == Section::kRealm ? "z@ad.test" : "adt\\z";
    Forged other = users_of_site();
    other.move_to_the_end(section, 1);
    ck_assert(user_named(other.users(), name).starts_with("z"));
    const std::size_t count = Forged::extent(section) + 4;
    other.put(count, other.number(count) + 1);
    ck_assert(user_named(other.users(), name) == "none");
  }
}
END_TEST

START_TEST(a_header_is_complete_and_of_this_version) {
  namespace header = format::header;
  const auto state = [](const Forged& file, std::uint64_t size) {
    return check_header(file.users().data(), size, FileKind::kUsers);
  };
  Forged file = users_of_site();
  for (const std::uint64_t size : {std::uint64_t{header::kSize}, format::kMaxFileSize}) {
    file.put(header::kFileSize, size, 8);
    file.seal_file();
    ck_assert(state(file, size) == HeaderState::kGood);
    ck_assert(state(file, size - 1) ==
              (size == header::kSize ? HeaderState::kForeign : HeaderState::kDamaged));
    ck_assert(state(file, size + 1) ==
              (size == header::kSize ? HeaderState::kDamaged : HeaderState::kForeign));
  }
  file.put(header::kFileSize, 1000, 8);
  for (const std::uint32_t version : {0U, 1U, 2U}) {
    const HeaderState expected[] = {HeaderState::kDamaged, HeaderState::kGood, HeaderState::kTooNew};
    file.put(header::kVersionAt, version);
    file.seal_file();
    ck_assert(state(file, 1000) == expected[version]);
  }
}
END_TEST

// A program that reads a file whole believes neither the checksum of all nor the records' alone.
FileState state_after(const std::function<void(Forged& users, Forged& restricted)>& damage, bool sealed) {
  const jpki::test::TemporaryDirectory directory;
  Forged users = users_of_site();
  Forged restricted = restricted_of_site();
  damage(users, restricted);
  if (sealed) users.seal_file();
  if (sealed) restricted.seal_file();
  directory.write("users.snap", users.text());
  directory.write("restricted.snap", restricted.text(), std::filesystem::perms(0640));
  const auto contents = read_contents(directory.path(), ::geteuid());
  const auto only_users = read_users(directory.path(), ::geteuid());
  if (!only_users) ck_assert(!contents && contents.error().state == only_users.error().state);
  return contents ? FileState::kGood : contents.error().state;
}

void flip(Forged& file, std::size_t at) {
  file.put(at, file.number(at) ^ 1);
}

START_TEST(a_file_read_whole_is_whole_in_all_its_parts) {
  ck_assert(state_after([](Forged&, Forged&) {}, false) == FileState::kGood);
  // The realm has no other checksum than that of the whole file.
  const auto realm = [](Forged& file) { flip(file, file.number(Forged::extent(Section::kRealm))); };
  ck_assert(state_after([&](Forged& users, Forged&) { realm(users); }, false) == FileState::kDamaged);
  ck_assert(state_after([&](Forged& users, Forged&) { realm(users); }, true) == FileState::kGood);
  ck_assert(state_after([&](Forged&, Forged& restricted) { realm(restricted); }, false) ==
            FileState::kDamaged);
  ck_assert(state_after([&](Forged&, Forged& restricted) { realm(restricted); }, true) == FileState::kGood);

  UserFields user{};
  GroupFields group{};
  BindingFields binding{};
  const Forged users = users_of_site();
  const Forged restricted = restricted_of_site();
  ck_assert(users.users().user_by_uid(kLast, user) == Look::kFound);
  ck_assert(users.users().group_by_gid(770802001, group) == Look::kFound);
  ck_assert(restricted.restricted().binding_at(4, binding) == Look::kFound);
  const std::size_t in_users[] = {
      users.number(users.entry_of(Section::kUids, kLast)) + format::user::kText,
      user.sid + format::sid::kBytes,
      user.gids + 4,
      users.number(users.entry_of(Section::kGids, 770802001)) + format::group::kText,
      group.sid + format::sid::kBytes,
  };
  for (const std::size_t& at : in_users)
    ck_assert_msg(state_after([&](Forged& file, Forged&) { flip(file, at); }, true) == FileState::kDamaged,
                  "row %td", &at - in_users);
  const std::size_t in_restricted[] = {
      restricted.number(restricted.entry_of(Section::kUids, kLast)) + format::account::kKey,
      static_cast<std::size_t>(binding.accounts - restricted.restricted().data()),
  };
  for (const std::size_t& at : in_restricted)
    ck_assert_msg(state_after([&](Forged&, Forged& file) { flip(file, at); }, true) == FileState::kDamaged,
                  "row %td", &at - in_restricted);
}
END_TEST

// The members of a group are told twice, with the group and with the users.
START_TEST(a_file_read_whole_agrees_about_members) {
  const auto count = [](std::uint32_t members) {
    return [members](Forged& users, Forged&) {
      const std::uint32_t record = users.number(users.entry_of(Section::kGids, kKakaricho));
      users.put(record + format::group::kMemberCount, members);
      users.seal(record, users.half(record + format::group::kSize));
    };
  };
  ck_assert(state_after(count(2), true) == FileState::kGood);
  ck_assert(state_after(count(1), true) == FileState::kDamaged);
  ck_assert(state_after(count(3), true) == FileState::kDamaged);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("snapshot_forged");
  TCase* tests = tcase_create("forged");
  tcase_add_test(tests, a_table_that_leads_to_another_record_is_damage);
  tcase_add_test(tests, who_only_shares_a_hash_is_nobody);
  tcase_add_test(tests, the_strings_of_a_user_end_in_the_record);
  tcase_add_test(tests, the_strings_of_a_group_end_in_the_record);
  tcase_add_test(tests, a_group_has_an_id_and_no_more_members_than_names);
  tcase_add_test(tests, a_sid_has_a_longest_length);
  tcase_add_test(tests, an_account_has_room_for_its_parts);
  tcase_add_test(tests, an_account_begins_where_8_divides);
  tcase_add_test(tests, a_binding_has_an_account_and_ends_in_its_record);
  tcase_add_loop_test(tests, an_index_ends_with_its_section, 0, std::size(kIndexes));
  tcase_add_loop_test(tests, an_index_that_leads_to_another_record_is_damage, 0, kIndexesWithFrom);
  tcase_add_loop_test(tests, an_index_outside_of_the_file_has_no_entries, 0, std::size(kIndexes));
  tcase_add_test(tests, sections_of_text_may_end_the_file);
  tcase_add_test(tests, a_header_is_complete_and_of_this_version);
  tcase_add_test(tests, a_file_read_whole_is_whole_in_all_its_parts);
  tcase_add_test(tests, a_file_read_whole_agrees_about_members);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
