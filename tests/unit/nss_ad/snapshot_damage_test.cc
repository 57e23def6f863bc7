// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Damaged files: a look-up answers as before or says that the file is damaged, and reads nothing beyond it.
#include "nss_ad/snapshot/view.h"
#include "tests/unit/nss_ad/snapshot_fixture.h"

#include <algorithm>
#include <random>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::ad::snapshot;
using namespace jpki::ad::snapshot::test;

using Answers = std::vector<std::string>;

const std::vector<std::string> kNames = {"Yamada.Taro", "yamada.TARO",
                                         "z",           "administrator-of-the-whole-town",
                                         "nobody",      "",
                                         "ADT\\z",      "z@AD.TEST",
                                         "山田花子",    "係長",
                                         "Domain Users"};

// Everything that is found by name or id.
Answers ask_users(const UsersView& view) {
  Answers answers;
  for (const std::string& name : kNames) {
    answers.push_back(user_named(view, name));
    answers.push_back(group_named(view, name));
    answers.push_back(groups_of(view, name));
  }
  for (const std::uint32_t id :
       {770801107U, 770801109U, 770801112U, 770800513U, 770801900U, 770802000U, 5U}) {
    answers.push_back(user_numbered(view, id));
    answers.push_back(group_numbered(view, id));
  }
  return answers;
}

Answers ask_restricted(const RestrictedView& view) {
  Answers answers;
  for (const std::string& name : kNames) answers.push_back(account_named(view, name));
  for (const CertificateBinding& binding : small_site().bindings)
    answers.push_back(bound_to(view, binding.mapping));
  answers.push_back(bound_to(view, "X509:<SKI>12"));
  AccountFields account{};
  answers.push_back(tell(view.account_by_uid(770801109, account), account));
  return answers;
}

// What goes through the index sections: there a damaged byte may leave something out.
void walk(const UsersView& users) {
  UserFields user{};
  GroupFields group{};
  for (std::uint64_t id = 0; users.user_from(id, user) == Look::kFound;) id = std::uint64_t{user.uid} + 1;
  for (std::uint64_t id = 0; users.group_from(id, group) == Look::kFound;) id = std::uint64_t{group.gid} + 1;
  for (std::uint32_t i = 0; i < 10; ++i) {
    (void)users.user_at(i, user);
    (void)users.group_at(i, group);
  }
  (void)users.realm();
  (void)users.netbios();
}

Contents site() {
  Contents contents = small_site();
  contents.name_forms = {.domain_backslash = true, .at_realm = true};
  return contents;
}

void expect_same_or_damaged(const Answers& before, const Answers& after, std::size_t byte, int bit) {
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool fine = after[i] == before[i] || after[i].find("damaged") != std::string::npos;
    if (!fine) ck_abort_msg("byte %zu bit %d, question %zu: %s", byte, bit, i, after[i].c_str());
  }
}

// Realm, NetBIOS name and case pairs have no checksum but the whole file's; they end where the index begins.
std::size_t checked_from(const std::uint8_t* data) {
  return format::load<std::uint32_t>(data + format::header::kSections +
                                     8 * static_cast<std::uint32_t>(format::Section::kUsersById));
}

template <class Ask>
void flip_every_bit(const Blob& bytes, FileKind kind, Ask ask) {
  Fenced file(bytes);
  const Answers before = ask(file.data());
  std::size_t noticed = 0;
  for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      file.data()[byte] = static_cast<std::uint8_t>(file.data()[byte] ^ 1 << bit);
      if (check_header(file.data(), bytes.size(), kind) == HeaderState::kGood) {
        const Answers after = ask(file.data());
        if (byte < format::header::kSize || byte >= checked_from(file.data()))
          expect_same_or_damaged(before, after, byte, bit);
        if (after != before) ++noticed;
      } else {
        ck_assert_uint_lt(byte, format::header::kSuperseded);
      }
      file.data()[byte] = static_cast<std::uint8_t>(file.data()[byte] ^ 1 << bit);
    }
  }
  ck_assert_uint_gt(noticed, bytes.size());
}

START_TEST(no_flipped_bit_of_users_gives_a_wrong_answer) {
  const Blob bytes = *lay_out_users(site());
  flip_every_bit(bytes, FileKind::kUsers, [&](const std::uint8_t* data) {
    const UsersView view(data, static_cast<std::uint32_t>(bytes.size()));
    walk(view);
    return ask_users(view);
  });
}
END_TEST

START_TEST(no_flipped_bit_of_restricted_gives_a_wrong_answer) {
  const Blob bytes = *lay_out_restricted(site());
  flip_every_bit(bytes, FileKind::kRestricted, [&](const std::uint8_t* data) {
    return ask_restricted({data, static_cast<std::uint32_t>(bytes.size())});
  });
}
END_TEST

START_TEST(the_whole_checksum_sees_every_bit) {
  const Blob bytes = *lay_out_users(site());
  Loaded file(bytes);
  for (std::size_t byte = format::header::kSize; byte < bytes.size(); ++byte) {
    file.data()[byte] ^= 0x10;
    ck_assert(!file.users().content_is_whole());
    file.data()[byte] ^= 0x10;
  }
  ck_assert(file.users().content_is_whole());
}
END_TEST

START_TEST(every_other_length_is_refused) {
  const Blob bytes = *lay_out_users(site());
  Loaded file(bytes);
  for (std::size_t size = 0; size <= bytes.size() + 100; ++size) {
    const HeaderState state = file.header(FileKind::kUsers, size);
    ck_assert((state == HeaderState::kGood) == (size == bytes.size()));
  }
}
END_TEST

void put(std::uint8_t* at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) at[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

// The header as someone would make it who can compute checksums.
void seal_header(std::uint8_t* data) {
  put(data + format::header::kChecksum, format::checksum(data, format::header::kChecksum, 0), 8);
}

START_TEST(hostile_sections_stay_inside_the_file) {
  std::mt19937_64 random(20261122);
  const std::uint64_t values[] = {0, 1, 2, 3, 64, 0x7FFFFFFF, 0x80000000, 0xFFFFFFC0, 0xFFFFFFFF};
  const Blob bytes = *lay_out_users(site());
  const Blob restricted = *lay_out_restricted(site());
  for (int round = 0; round < 3000; ++round) {
    Fenced file(round % 2 == 0 ? bytes : restricted);
    const std::size_t size = round % 2 == 0 ? bytes.size() : restricted.size();
    for (int change = 0; change < 3; ++change) {
      const std::uint64_t pick = random() % 16;
      const std::uint64_t value = pick < std::size(values) ? values[pick] : random() % (2 * size);
      put(file.data() + format::header::kUserCount + 4 * (random() % 20), value, 4);
    }
    seal_header(file.data());
    if (round % 2 == 0) {
      const UsersView view(file.data(), static_cast<std::uint32_t>(size));
      walk(view);
      (void)ask_users(view);
    } else {
      (void)ask_restricted({file.data(), static_cast<std::uint32_t>(size)});
    }
  }
}
END_TEST

// "z" is its own key, and "係長" is.
std::uint32_t offset_of(const char* strings, std::uint32_t text, const std::uint8_t* data) {
  return static_cast<std::uint32_t>(reinterpret_cast<const std::uint8_t*>(strings) - text - data);
}

// The checksum as someone would make it who can compute them, over the size that the record now has.
void seal_record(Fenced& file, std::size_t file_size, std::uint32_t offset) {
  std::uint8_t* const record = file.data() + offset;
  const std::size_t size = std::clamp<std::size_t>(format::load<std::uint16_t>(record + format::user::kSize),
                                                   4, file_size - offset);
  put(record, format::checksum(record + 4, size - 4, offset + 4), 4);
}

// Sizes, lengths and counts of records changed, and the checksums made good again.
START_TEST(hostile_records_stay_inside_the_file) {
  std::mt19937_64 random(20261123);
  const std::uint64_t values[] = {0, 1, 8, 0xFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFF8, 0xFFFFFFFF};
  const Blob bytes = *lay_out_users(site());
  for (int round = 0; round < 5000; ++round) {
    Fenced file(bytes);
    const UsersView view(file.data(), static_cast<std::uint32_t>(bytes.size()));
    UserFields user{};
    GroupFields group{};
    ck_assert(view.user_by_name("z", 1, user) == Look::kFound);
    ck_assert(view.group_by_gid(770801900, group) == Look::kFound);
    for (const std::uint32_t offset : {offset_of(user.strings, format::user::kText, file.data()),
                                       offset_of(group.strings, format::group::kText, file.data())}) {
      put(file.data() + offset + 4 + 2 * (random() % 12), values[random() % std::size(values)],
          random() % 2 == 0 ? 2 : 4);
      seal_record(file, bytes.size(), offset);
    }
    (void)ask_users(view);
    walk(view);
  }
}
END_TEST

START_TEST(ids_of_root_are_damage) {
  const Blob bytes = *lay_out_users(site());
  for (const std::uint32_t at : {format::user::kUid, format::user::kGid}) {
    for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{0xFFFFFFFF}}) {
      Fenced file(bytes);
      const UsersView view(file.data(), static_cast<std::uint32_t>(bytes.size()));
      UserFields user{};
      ck_assert(view.user_by_name("z", 1, user) == Look::kFound);
      const std::uint32_t offset = offset_of(user.strings, format::user::kText, file.data());
      put(file.data() + offset + at, id, 4);
      seal_record(file, bytes.size(), offset);
      ck_assert(view.user_by_name("z", 1, user) == Look::kDamaged);
    }
  }
}
END_TEST

START_TEST(an_account_beyond_its_record_is_damage) {
  const Blob bytes = *lay_out_restricted(site());
  const struct {
    std::uint32_t at;
    std::uint64_t value;
    std::size_t size;
  } rows[] = {
      {format::account::kSidLength, format::kMaxSid, 2},  // the record ends before
      {format::account::kSidLength, format::kMaxSid + 1, 2},
      {format::account::kNameLength, 0, 2},
      {format::account::kNameLength, 0xFFFF, 2},
      {format::account::kWorkstationBytes, 0xFFFF, 2},
      {format::account::kKeyLength, 0xFFFF, 2},
      {format::account::kUid, 0, 4},
      {format::account::kUid, 0xFFFFFFFF, 4},
  };
  for (const auto& row : rows) {
    Fenced file(bytes);
    const RestrictedView view(file.data(), static_cast<std::uint32_t>(bytes.size()));
    AccountFields found{};
    ck_assert(view.account_by_uid(770801109, found) == Look::kFound);
    const std::uint32_t offset = offset_of(found.key.bytes, format::account::kKey, file.data());
    put(file.data() + offset + row.at, row.value, row.size);
    seal_record(file, bytes.size(), offset);
    ck_assert_msg(view.account_by_uid(770801109, found) == Look::kDamaged, "row %td", &row - rows);
  }
}
END_TEST

START_TEST(random_bytes_are_no_snapshot) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    Blob bytes(200 + random() % 3000);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    Fenced file(bytes);
    ck_assert(check_header(file.data(), bytes.size(), FileKind::kUsers) == HeaderState::kForeign);
    const UsersView view(file.data(), static_cast<std::uint32_t>(bytes.size()));
    walk(view);
    (void)ask_users(view);
  }
}
END_TEST

START_TEST(a_newer_version_is_told_from_damage) {
  const Blob bytes = *lay_out_users(site());
  Loaded file(bytes);
  put(file.data() + format::header::kVersionAt, 2, 4);
  ck_assert(file.header(FileKind::kUsers, bytes.size()) == HeaderState::kTooNew);
  put(file.data() + format::header::kVersionAt, 0, 4);
  ck_assert(file.header(FileKind::kUsers, bytes.size()) == HeaderState::kDamaged);
}
END_TEST

FileState state_of_file(const std::string& path, FileKind kind = FileKind::kUsers,
                        uid_t owner = ::geteuid()) {
  errno = 4711;
  const MappedFile file(path.c_str(), kind, owner);
  ck_assert_int_eq(errno, 4711);
  return file.state();
}

START_TEST(only_trustworthy_files_are_opened) {
  const jpki::test::TemporaryDirectory directory;
  const Blob users = *lay_out_users(site());
  const Blob restricted = *lay_out_restricted(site());
  const std::string good = directory.write("users.snap", as_text(users));
  ck_assert(state_of_file(good) == FileState::kGood);
  ck_assert(state_of_file(good, FileKind::kUsers, ::geteuid() + 1) == FileState::kUnsafe);
  ck_assert(state_of_file(directory.path("none")) == FileState::kAbsent);
  ck_assert(state_of_file(directory.path("users.snap/none")) == FileState::kAbsent);
  ck_assert(state_of_file(directory.path()) == FileState::kUnsafe);
  std::filesystem::create_symlink(good, directory.path("link"));
  ck_assert(state_of_file(directory.path("link")) == FileState::kUnsafe);
  ck_assert_int_eq(::mkfifo(directory.path("fifo").c_str(), 0644), 0);
  ck_assert(state_of_file(directory.path("fifo")) == FileState::kUnsafe);
  using std::filesystem::perms;
  ck_assert(state_of_file(directory.write("w", as_text(users), perms(0664))) == FileState::kUnsafe);
  ck_assert(state_of_file(directory.write("w", as_text(users), perms(0646))) == FileState::kUnsafe);
  const auto kind = FileKind::kRestricted;
  ck_assert(state_of_file(directory.write("r", as_text(restricted), perms(0640)), kind) == FileState::kGood);
  ck_assert(state_of_file(directory.write("r", as_text(restricted), perms(0644)), kind) ==
            FileState::kUnsafe);
  ck_assert(state_of_file(directory.write("r", as_text(users), perms(0640)), kind) == FileState::kForeign);
  ck_assert(state_of_file(directory.write("e", "")) == FileState::kForeign);
  ck_assert(state_of_file(directory.write("s", as_text(users).substr(0, 191))) == FileState::kForeign);
  ck_assert(state_of_file(directory.write("t", as_text(users).substr(0, 500))) == FileState::kDamaged);
}
END_TEST

START_TEST(a_reader_says_what_to_do) {
  const jpki::test::TemporaryDirectory directory;
  const auto absent = read_contents(directory.path(), ::geteuid());
  ck_assert(!absent.has_value());
  ck_assert(absent.error().state == FileState::kAbsent);
  ck_assert(absent.error().text.find("run nss-ad-refresh") != std::string::npos);
  Blob users = *lay_out_users(site());
  users.back() ^= 1;
  directory.write("users.snap", as_text(users));
  const auto damaged = read_users(directory.path(), ::geteuid());
  ck_assert(!damaged.has_value() && damaged.error().state == FileState::kDamaged);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("snapshot_damage");
  TCase* tests = tcase_create("damage");
  tcase_add_test(tests, no_flipped_bit_of_users_gives_a_wrong_answer);
  tcase_add_test(tests, no_flipped_bit_of_restricted_gives_a_wrong_answer);
  tcase_add_test(tests, the_whole_checksum_sees_every_bit);
  tcase_add_test(tests, every_other_length_is_refused);
  tcase_add_test(tests, hostile_sections_stay_inside_the_file);
  tcase_add_test(tests, hostile_records_stay_inside_the_file);
  tcase_add_test(tests, ids_of_root_are_damage);
  tcase_add_test(tests, an_account_beyond_its_record_is_damage);
  tcase_add_test(tests, random_bytes_are_no_snapshot);
  tcase_add_test(tests, a_newer_version_is_told_from_damage);
  tcase_add_test(tests, only_trustworthy_files_are_opened);
  tcase_add_test(tests, a_reader_says_what_to_do);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
