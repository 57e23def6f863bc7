// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/whole_transfer.h"

#include "base/unique_fd.h"
#include "tests/unit/support/check_main.h"

#include <algorithm>
#include <thread>

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::size_t at_once = SIZE_MAX;  // octets that a file takes or gives at a time
bool file_is_full = false;

}  // namespace

// A disk may do so, but none does when it is asked to.
extern "C" ssize_t pread(int fd, void* to, std::size_t size, off_t offset) {
  return ::syscall(SYS_pread64, fd, to, std::min(size, at_once), offset);
}

// What a fortified build calls instead where it knows the room.
extern "C" ssize_t __pread_chk(int fd, void* to, std::size_t size, off_t offset, std::size_t) {
  return ::syscall(SYS_pread64, fd, to, std::min(size, at_once), offset);
}

extern "C" ssize_t pwrite(int fd, const void* from, std::size_t size, off_t offset) {
  if (file_is_full) return 0;
  return ::syscall(SYS_pwrite64, fd, from, std::min(size, at_once), offset);
}

namespace {

using namespace jpki;

// A pipe gives what is in it, a part at a time; a signal interrupts who waits for more.
START_TEST(a_transfer_is_whole) {
  int ends[2];
  ck_assert_int_eq(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  struct sigaction nothing {};
  nothing.sa_handler = [](int) {};
  ck_assert_int_eq(::sigaction(SIGUSR1, &nothing, nullptr), 0);  // without SA_RESTART
  const Blob sent(300000, 0x5a);                                 // more than a pipe holds
  const auto reader = ::pthread_self();
  std::thread writer([&] {
    for (int i = 0; i < 20; ++i) {
      ::pthread_kill(reader, SIGUSR1);
      ::usleep(1000);
    }
    ck_assert(write_all(to.get(), sent));
    to.reset();
  });
  Blob room(sent.size() + 1);
  const auto size = read_up_to(from.get(), room);
  writer.join();
  ck_assert(size == sent.size());
  ck_assert(std::equal(sent.begin(), sent.end(), room.begin()) && room.back() == 0);
  ck_assert(read_up_to(from.get(), room) == std::size_t{0});
}
END_TEST

UniqueFd file_of(const test::TemporaryDirectory& directory, const std::string& text) {
  return UniqueFd(::open(directory.write("f", text).c_str(), O_RDWR | O_CLOEXEC));
}

START_TEST(a_part_of_a_file_has_its_place) {
  const test::TemporaryDirectory directory;
  const UniqueFd file = file_of(directory, "0123456789");
  Blob four(4);
  ck_assert(read_at(file.get(), four, 3) == std::size_t{4} && as_text(four) == "3456");
  ck_assert(read_at(file.get(), four, 8) == std::size_t{2} && as_text(four) == "8956");
  ck_assert(read_at(file.get(), four, 10) == std::size_t{0});
  ck_assert(write_all_at(file.get(), as_bytes("ab"), 9));
  Blob all(12);
  ck_assert(read_up_to(file.get(), all) == std::size_t{11} && as_text(Bytes(all).first(11)) == "012345678ab");
  errno = 0;
  ck_assert(!read_at(-1, four, 0) && errno == EBADF);
  ck_assert(!read_up_to(-1, four) && !write_all(-1, as_bytes("a")) && !write_all_at(-1, as_bytes("a"), 0));
  ck_assert(write_all(-1, {}));
}
END_TEST

START_TEST(a_part_of_a_file_comes_and_goes_in_parts) {
  const test::TemporaryDirectory directory;
  const UniqueFd file = file_of(directory, "0123456789");
  at_once = 3;
  Blob seven(7);
  ck_assert(read_at(file.get(), seven, 1) == std::size_t{7} && as_text(seven) == "1234567");
  ck_assert(read_at(file.get(), seven, 5) == std::size_t{5} && as_text(Bytes(seven).first(5)) == "56789");
  ck_assert(write_all_at(file.get(), as_bytes("abcdefg"), 2));
  Blob all(10);
  ck_assert(read_at(file.get(), all, 0) == all.size() && as_text(all) == "01abcdefg9");
}
END_TEST

START_TEST(a_file_that_takes_nothing_is_full) {
  const test::TemporaryDirectory directory;
  const UniqueFd file = file_of(directory, "");
  file_is_full = true;
  errno = 0;
  ck_assert(!write_all_at(file.get(), as_bytes("a"), 0) && errno == ENOSPC);
  ck_assert(write_all_at(file.get(), {}, 0));
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("base, whole transfers");
  TCase* all = tcase_create("all");
  for (const TTest* test : {a_transfer_is_whole, a_part_of_a_file_has_its_place,
                            a_part_of_a_file_comes_and_goes_in_parts, a_file_that_takes_nothing_is_full})
    tcase_add_test(all, test);
  suite_add_tcase(suite, all);
  return test::run_suite(suite);
}
