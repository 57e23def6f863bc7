// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Records of someone who can compute checksums: each rule of nss_ad/snapshot_format.md that is about one
// record, broken alone, is damage, and what just keeps it is not.
#include "tests/unit/nss_ad/snapshot_forged.h"

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::ad::snapshot;
using namespace jpki::ad::snapshot::test;

constexpr std::uint32_t kYamada = 770801107;
constexpr std::uint32_t kZ = 770801108;
constexpr std::uint32_t kDomainUsers = 770800513;

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

Suite* suite() {
  Suite* suite = suite_create("snapshot_records");
  TCase* tests = tcase_create("records");
  tcase_add_test(tests, a_table_that_leads_to_another_record_is_damage);
  tcase_add_test(tests, who_only_shares_a_hash_is_nobody);
  tcase_add_test(tests, the_strings_of_a_user_end_in_the_record);
  tcase_add_test(tests, the_strings_of_a_group_end_in_the_record);
  tcase_add_test(tests, a_group_has_an_id_and_no_more_members_than_names);
  tcase_add_test(tests, a_sid_has_a_longest_length);
  tcase_add_test(tests, an_account_has_room_for_its_parts);
  tcase_add_test(tests, an_account_begins_where_8_divides);
  tcase_add_test(tests, a_binding_has_an_account_and_ends_in_its_record);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
