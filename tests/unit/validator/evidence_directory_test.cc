// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The files of the evidence directory: whose they are, what stands in their way, what is left of them.
#include "tests/unit/validator/evidence_fixture.h"
#include "tests/unit/validator/random_generator.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/syscall.h>

namespace {

bool inherited = false;  // was a file synced that is not close-on-exec?

}  // namespace

// In place of the C library's.
extern "C" int fsync(int fd) {
  inherited = inherited || (::fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace {

using namespace jpki;
using namespace jpki::test;
using revocation::EvidenceDirectory;

constexpr char kWithZeros[] = ".new-0000000000000000";

START_TEST(a_file_is_its_owners_alone) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  ck_assert(evidence.write("revoked-a", as_bytes("text")).has_value() && evidence.keep_reserve().has_value());
  for (const char* name : {"revoked-a", "reserve"}) {
    struct stat info {};
    ck_assert_int_eq(::stat(disk.directory.path(name).c_str(), &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0600);
  }
  ck_assert(!inherited);
}
END_TEST

START_TEST(what_is_no_directory_is_told_at_once) {
  const Disk disk;
  const std::string file = disk.directory.write("file", "x", std::filesystem::perms(0700));
  const auto read = EvidenceDirectory(file, disk.site_key).read("key", 10);
  ck_assert(!read);
  expect_contains(read.error(), "Not a directory; run: systemd-tmpfiles");
}
END_TEST

// Neither for a name that has just been taken nor through a link that lies there.
START_TEST(a_temporary_name_that_is_taken_is_not_written_through) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  const std::string elsewhere = disk.directory.write("elsewhere", "good");
  const std::string taken = disk.directory.path(kWithZeros);
  const Pretence zeros(Generator::kZeros);
  disk.directory.write(kWithZeros, "of another login");
  ck_assert(!evidence.write("revoked-a", as_bytes("text")).has_value());
  ck_assert_uint_eq(std::filesystem::file_size(taken), 16);
  std::filesystem::remove(taken);
  ck_assert_int_eq(::symlink(elsewhere.c_str(), taken.c_str()), 0);
  ck_assert(!evidence.write("revoked-a", as_bytes("text")).has_value());
  ck_assert(!evidence.read("revoked-a", 10)->has_value());
  std::filesystem::remove(taken);
  ck_assert(evidence.write("revoked-a", as_bytes("text")).has_value());
}
END_TEST

START_TEST(a_login_waits_for_the_random_generator) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  const Pretence fails(Generator::kFails);
  ck_assert(!evidence.write("revoked-a", as_bytes("text")).has_value());
  const Pretence starts_up(Generator::kStartsUp);
  ck_assert(evidence.write("revoked-a", as_bytes("text")).has_value());
}
END_TEST

START_TEST(a_pipe_in_the_place_of_a_file_holds_up_nobody) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  ck_assert_int_eq(::mkfifo(disk.directory.path("revoked-a").c_str(), 0600), 0);
  const auto content = evidence.read("revoked-a", 10);
  ck_assert(content && *content && (*content)->empty());  // as if it were at its end: nobody writes
}
END_TEST

START_TEST(no_more_is_read_than_was_asked_for) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  disk.directory.write("revoked-a", "0123456789");
  errno = ENOENT;  // of an earlier call
  ck_assert((**evidence.read("revoked-a", 4)).size() == 4 && (**evidence.read("revoked-a", 99)).size() == 10);
}
END_TEST

// For who reads the log, a name is without its pseudonym.
START_TEST(an_error_tells_what_failed_and_no_pseudonym) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  const std::string name = evidence.name_of("revoked", disk.taro, disk.issuer);
  ck_assert_int_eq(::symlink("elsewhere", disk.directory.path(name).c_str()), 0);
  const auto content = evidence.read(name, 10);
  ck_assert(!content);
  expect_contains(content.error(), disk.directory.path("revoked") + ": ");
}
END_TEST

// Whatever errno says of an earlier call.
START_TEST(what_is_not_there_needs_no_removal) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  ck_assert(evidence.remove("revoked-a").has_value());
  disk.directory.write("revoked-a", "x");
  errno = EACCES;
  ck_assert(evidence.remove("revoked-a").has_value());
  ck_assert(!std::filesystem::exists(disk.directory.path("revoked-a")));
  std::filesystem::create_directory(disk.directory.path("revoked-b"));
  ck_assert(!evidence.remove("revoked-b").has_value());
}
END_TEST

START_TEST(nothing_is_moved_out_of_or_to_what_others_reach) {
  for (const bool out : {true, false}) {
    Disk open_to_all, own;
    open_to_all.mode(0701);
    const Disk& from = out ? open_to_all : own;
    const Disk& to = out ? own : open_to_all;
    from.directory.write("revoked-a", "x");
    const auto moved = from.open().move("revoked-a", to.open());
    ck_assert(!moved);
    expect_contains(moved.error(), "open to other users");
    ck_assert(std::filesystem::exists(from.directory.path("revoked-a")));
    ck_assert(!std::filesystem::exists(to.directory.path("revoked-a")));
  }
}
END_TEST

START_TEST(only_files_are_listed_and_the_oldest_first) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  const auto now = std::filesystem::file_time_type::clock::now();
  for (const auto& [name, age] : {std::pair("ocsp-c", 1h), {"ocsp-a", 2h}, {"revoked-d", 4h}, {"ocsp-b", 3h}})
    std::filesystem::last_write_time(disk.directory.write(name, "x"), now - age);
  std::filesystem::create_directory(disk.directory.path("ocsp-folder"));
  ck_assert_int_eq(::symlink("ocsp-a", disk.directory.path("ocsp-link").c_str()), 0);
  std::string names;
  const auto kept = *evidence.list("ocsp-");
  for (const auto& entry : kept) names += entry.name + " ";
  expect_text(names, "ocsp-b ocsp-a ocsp-c ");
  ck_assert_uint_eq(evidence.list("")->size(), 4);
}
END_TEST

START_TEST(logins_have_a_directory_of_their_own_once_one_made_it) {
  Disk disk;
  ck_assert(!disk.open().of_logins_if_any());
  ck_assert(disk.open().of_logins().write("revoked-a", as_bytes("text")).has_value());
  const auto of_logins = disk.open().of_logins_if_any();
  ck_assert(of_logins && of_logins->list("revoked-")->size() == 1);
  ck_assert(disk.open().list("revoked-")->empty());
  // What is wrong with the directory above is told by that one.
  disk.mode(0770);
  ck_assert(!disk.open().of_logins_if_any());
}
END_TEST

START_TEST(the_reserve_is_made_once_and_given_back) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  const std::string reserve = disk.directory.write("reserve", "cut short");
  for (int again = 0; again < 2; ++again) {
    ck_assert(evidence.keep_reserve().has_value());
    ck_assert_uint_eq(std::filesystem::file_size(reserve), 64 * 1024);
  }
  evidence.release_reserve();
  ck_assert(!std::filesystem::exists(reserve));
  disk.mode(0750);
  ck_assert(!disk.open().keep_reserve().has_value() && !std::filesystem::exists(reserve));
}
END_TEST

Suite* evidence_directory_suite() {
  Suite* suite = suite_create("evidence_directory");
  TCase* tests = tcase_create("evidence_directory");
  tcase_add_test(tests, a_file_is_its_owners_alone);
  tcase_add_test(tests, what_is_no_directory_is_told_at_once);
  tcase_add_test(tests, a_temporary_name_that_is_taken_is_not_written_through);
  tcase_add_test(tests, a_login_waits_for_the_random_generator);
  tcase_add_test(tests, a_pipe_in_the_place_of_a_file_holds_up_nobody);
  tcase_add_test(tests, no_more_is_read_than_was_asked_for);
  tcase_add_test(tests, an_error_tells_what_failed_and_no_pseudonym);
  tcase_add_test(tests, what_is_not_there_needs_no_removal);
  tcase_add_test(tests, nothing_is_moved_out_of_or_to_what_others_reach);
  tcase_add_test(tests, only_files_are_listed_and_the_oldest_first);
  tcase_add_test(tests, logins_have_a_directory_of_their_own_once_one_made_it);
  tcase_add_test(tests, the_reserve_is_made_once_and_given_back);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person"}) (void)key(name);
  return run_suite(evidence_directory_suite());
}
