// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Files of someone who can compute checksums: each rule of nss_ad/snapshot_format.md about indexes, sections,
// the header and files read whole, broken alone, is damage, and what just keeps it is not.
#include "tests/unit/nss_ad/snapshot_forged.h"

#include <functional>

#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::ad::snapshot;
using namespace jpki::ad::snapshot::test;

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

// A program that reads a whole file checks the checksum of all and that of each record.
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
