// SPDX-License-Identifier: LGPL-2.1-or-later
//
// libnss_ad and its files: absent, hostile and replaced ones, in one process and over forks; what it keeps
// between calls, and which system calls it makes. The program's mmap() and clock_gettime() are wrapped.
#include "base/unique_fd.h"
#include "nss_ad/module/shared_users.h"
#include "tests/unit/nss_ad/module_site.h"

#include <ctime>
#include <functional>

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace {

std::int64_t later = 0;  // seconds by which the coarse clock is ahead
int mapped_for_one_call = 0;
std::function<void()>* in_mmap = nullptr;  // called before a file is mapped over the old one

}  // namespace

extern "C" {

int __real_clock_gettime(clockid_t clock, struct timespec* time);
int __wrap_clock_gettime(clockid_t clock, struct timespec* time) {
  const int result = __real_clock_gettime(clock, time);
  if (clock == CLOCK_MONOTONIC_COARSE) time->tv_sec += later;
  return result;
}

void* __real_mmap(void* where, std::size_t size, int protection, int flags, int fd, off_t offset);
void* __wrap_mmap(void* where, std::size_t size, int protection, int flags, int fd, off_t offset) {
  if ((flags & MAP_FIXED) == 0 && fd >= 0) ++mapped_for_one_call;
  if (in_mmap != nullptr && (flags & MAP_FIXED) != 0 && fd >= 0) {
    std::function<void()>* const call = in_mmap;
    in_mmap = nullptr;
    (*call)();
  }
  return __real_mmap(where, size, protection, flags, fd, offset);
}
}

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::ad::snapshot;
using namespace jpki::ad::snapshot::test;

Contents with_shell(const std::string& shell) {
  Contents contents = small_site();
  for (UserEntry& entry : contents.users) entry.shell = shell;
  return contents;
}
std::string shell_of(const std::string& name) {
  const std::string line = user_line(name);
  return line.substr(line.rfind(':') + 1);
}

START_TEST(no_file_is_unavailable) {
  Site site;
  ck_assert(user_line("z") == "unavail 2");
  ck_assert(shadow_line("z") == "unavail 2");
  ck_assert(user_line("X509:<SKI>11") == "unavail 2");
  ck_assert(groups_line("z", 1) == "unavail 2");
  ck_assert(next_user() == "unavail 2");
  site.publish(with_shell("/bin/a"));
  ck_assert(shell_of("z") == "/bin/a");
}
END_TEST

struct Hostile {
  const char* name;
  std::string answer;
  void (*make)(Site&);
};

Blob users_bytes() {
  return *lay_out_users(small_site());
}

const Hostile kHostile[] = {
    {"removed", "unavail 2", [](Site& site) { site.remove("users.snap"); }},
    {"empty", "unavail 5", [](Site& site) { site.put_in_place("users.snap", {}); }},
    {"shorter", "unavail 5",
     [](Site& site) {
       Blob bytes = users_bytes();
       bytes.resize(bytes.size() / 2);
       site.put_in_place("users.snap", bytes);
     }},
    {"longer", "unavail 5",
     [](Site& site) {
       Blob bytes = users_bytes();
       bytes.resize(bytes.size() + 1);
       site.put_in_place("users.snap", bytes);
     }},
    {"header damaged", "unavail 5",
     [](Site& site) {
       Blob bytes = users_bytes();
       bytes[format::header::kSeed] ^= 1;
       site.put_in_place("users.snap", bytes);
     }},
    {"too new", "unavail 5",
     [](Site& site) {
       Blob bytes = users_bytes();
       bytes[format::header::kVersionAt] = 2;
       site.put_in_place("users.snap", bytes);
     }},
    {"the other file", "unavail 5",
     [](Site& site) { site.put_in_place("users.snap", *lay_out_restricted(small_site())); }},
    {"writable by others", "unavail 13",
     [](Site& site) { site.put_in_place("users.snap", users_bytes(), 0666); }},
    {"a link", "unavail 13",
     [](Site& site) {
       site.put_in_place("elsewhere", users_bytes());
       site.remove("users.snap");
       std::filesystem::create_symlink(site.path("elsewhere"), site.path("users.snap"));
     }},
    {"a FIFO", "unavail 13",
     [](Site& site) {
       site.remove("users.snap");
       ck_assert_int_eq(::mkfifo(site.path("users.snap").c_str(), 0644), 0);
     }},
    {"a directory", "unavail 13",
     [](Site& site) {
       site.remove("users.snap");
       std::filesystem::create_directory(site.path("users.snap"));
     }},
    {"of another owner", "unavail 13",
     [](Site& site) {
       site.put_in_place("users.snap", users_bytes());
       nss_ad_lab_use(site.path().c_str(), ::geteuid() + 1);
     }},
};

// In a process that has it mapped, and in one that has not.
START_TEST(hostile_files_are_unavailable) {
  const Hostile& hostile = kHostile[_i];
  Site site(with_shell("/bin/a"));
  if (_i % 2 == 0) ck_assert(shell_of("z") == "/bin/a");
  hostile.make(site);
  later += 11;
  for (int i = 0; i < 32; ++i) (void)user_line("z");
  ck_assert_msg(user_line("z") == hostile.answer, "%s: %s", hostile.name, user_line("z").c_str());
  ck_assert(group_line("empty") == hostile.answer);
  ck_assert(groups_line("z", 1) == hostile.answer);
  // And good again.
  std::filesystem::remove_all(site.path("users.snap"));
  nss_ad_lab_use(site.path().c_str(), ::geteuid());
  site.publish(with_shell("/bin/b"));
  ck_assert(shell_of("z") == "/bin/b");
}
END_TEST

START_TEST(restricted_files_that_others_can_read_are_not_used) {
  Site site(small_site());
  ck_assert(shadow_line("z") == "z:!*:-1:-1:1");
  site.put_in_place("restricted.snap", *lay_out_restricted(small_site()), 0644);
  ck_assert(shadow_line("z") == "unavail 13");
  ck_assert(user_line(small_site().bindings[0].mapping) == "notfound 2");
  ck_assert(user_line("z").starts_with("z:"));
}
END_TEST

START_TEST(the_next_look_up_sees_the_next_file) {
  Site site;
  for (int round = 0; round < 50; ++round) {
    const std::string shell = "/bin/" + std::to_string(round);
    site.publish(round % 10 == 9 ? Contents{} : with_shell(shell));
    ck_assert(shell_of("z") == (round % 10 == 9 ? "notfound 2" : shell));
    ck_assert(uid_line(770801107).ends_with(round % 10 == 9 ? "notfound 2" : shell));
  }
}
END_TEST

START_TEST(files_grow_and_shrink) {
  Site site(with_shell("/bin/a"));
  ck_assert(shell_of("z") == "/bin/a");
  for (const std::uint32_t count : {10U, 20000U, 500U, 60000U, 1U}) {
    site.publish(large_site(count));
    ck_assert(user_line("z") == "notfound 2");
    ck_assert(user_line("user" + std::to_string(count - 1)).starts_with("user"));
    ck_assert(user_line("user" + std::to_string(count)) == "notfound 2");
  }
}
END_TEST

void set_word(const std::string& path, std::uint32_t word) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  ck_assert_int_eq(::pwrite(fd.get(), &word, sizeof word, format::header::kSuperseded), sizeof word);
}

// The writer died after the word, before the rename: all goes on, and the next rename is seen at once.
START_TEST(a_writer_may_die_at_any_point) {
  Site site(with_shell("/bin/a"));
  ck_assert(shell_of("z") == "/bin/a");
  set_word(site.path("users.snap"), 1);
  for (int i = 0; i < 3; ++i) ck_assert(shell_of("z") == "/bin/a");
  site.put_in_place("users.snap", *lay_out_users(with_shell("/bin/b")));
  ck_assert(shell_of("z") == "/bin/b");
}
END_TEST

// Without the word: not before the time for a look at the name has come, then at once.
START_TEST(other_means_are_noticed_in_time) {
  Site site(with_shell("/bin/a"));
  ck_assert(shell_of("z") == "/bin/a");
  ck_assert(shell_of("z") == "/bin/a");
  site.put_in_place("users.snap", *lay_out_users(with_shell("/bin/b")));
  ck_assert(shell_of("z") == "/bin/a");
  later += 10;
  // The clock is read now and then.
  for (int i = 0; i < 32; ++i) (void)shell_of("z");
  ck_assert(shell_of("z") == "/bin/b");
}
END_TEST

std::size_t entries_of(const char* directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}
std::size_t mappings() {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) ++count;
  return count;
}

START_TEST(no_descriptor_and_one_mapping_is_kept) {
  Site site(with_shell("/bin/a"));
  const std::size_t descriptors = entries_of("/proc/self/fd");
  (void)shadow_line("z");
  ck_assert(shell_of("z") == "/bin/a");
  [[maybe_unused]] const std::size_t before = mappings();
  for (int round = 0; round < 200; ++round) {
    site.publish(with_shell("/bin/" + std::to_string(round)));
    ck_assert(shell_of("z") == "/bin/" + std::to_string(round));
    (void)shadow_line("z");
    (void)user_line(small_site().bindings[0].mapping);
    if (round % 10 == 0) {
      site.remove("users.snap");
      later += 10;
      for (int i = 0; i < 32; ++i) (void)user_line("z");
      ck_assert(user_line("z") == "unavail 2");
    }
  }
  ck_assert_uint_eq(entries_of("/proc/self/fd"), descriptors);
#ifndef __SANITIZE_ADDRESS__  // which maps for itself
  ck_assert_uint_le(mappings(), before);
#endif
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const bool restricted = line.find("restricted.snap") != std::string::npos;
    const bool old = line.find("users.snap (deleted)") != std::string::npos;
    ck_assert_msg(!restricted && !old, "%s", line.c_str());
  }
}
END_TEST

// Under the strictest seccomp mode any system call but read, write and exit kills.
START_TEST(hits_and_misses_make_no_system_call) {
  const Site site(with_shell("/bin/a"));
  ck_assert(shell_of("z") == "/bin/a");
  const pid_t child = ::fork();
  if (child == 0) {
    static char buffer[65536];
    struct passwd user {};
    struct group group {};
    gid_t* gids = static_cast<gid_t*>(std::malloc(100 * sizeof(gid_t)));
    long capacity = 100;
    int error = 0;
    bool good = _nss_ad_getpwnam_r("z", &user, buffer, sizeof buffer, &error) == NSS_STATUS_SUCCESS;
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) ::_exit(3);
    for (int i = 0; i < 1000; ++i) {
      long start = 0;
      good =
          good && _nss_ad_getpwnam_r("z", &user, buffer, sizeof buffer, &error) == NSS_STATUS_SUCCESS &&
          _nss_ad_getpwnam_r("nobody", &user, buffer, sizeof buffer, &error) == NSS_STATUS_NOTFOUND &&
          _nss_ad_getpwuid_r(770801107, &user, buffer, sizeof buffer, &error) == NSS_STATUS_SUCCESS &&
          _nss_ad_getpwuid_r(5, &user, buffer, sizeof buffer, &error) == NSS_STATUS_NOTFOUND &&
          _nss_ad_getgrnam_r("係長", &group, buffer, sizeof buffer, &error) == NSS_STATUS_SUCCESS &&
          _nss_ad_getgrgid_r(770800513, &group, buffer, sizeof buffer, &error) == NSS_STATUS_SUCCESS &&
          _nss_ad_initgroups_dyn("Yamada.Taro", 1, &start, &capacity, &gids, 0, &error) == NSS_STATUS_SUCCESS;
    }
    ::syscall(SYS_exit, good ? 0 : 1);
  }
  int status = 0;
  ck_assert_int_eq(::waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status), "killed by signal %d", WTERMSIG(status));
  ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

bool child_is_well(const std::function<bool()>& works) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(works() ? 0 : 1);
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// A child that is forked while another thread, here this one, changes the mapping over.
START_TEST(a_fork_in_the_middle_of_a_change_does_no_harm) {
  Site site(with_shell("/bin/a"));
  if (_i == 1) ck_assert(shell_of("z") == "/bin/a");
  bool called = false;
  bool well = false;
  std::function<void()> fork_here = [&] {
    called = true;
    well = child_is_well([&] {
      for (int round = 0; round < 3; ++round) {
        if (shell_of("z") != "/bin/b" || user_line("nobody") != "notfound 2") return false;
      }
      // It has taken over: later files are mapped once, not for each call.
      site.publish(with_shell("/bin/c"));
      if (shell_of("z") != "/bin/c") return false;
      mapped_for_one_call = 0;
      site.publish(with_shell("/bin/b"));
      return shell_of("z") == "/bin/b" && mapped_for_one_call == 0;
    });
  };
  site.publish(with_shell("/bin/b"));
  in_mmap = &fork_here;
  ck_assert(shell_of("z") == "/bin/b");
  ck_assert(called && well);
  ck_assert(shell_of("z") == "/bin/b");
}
END_TEST

// As a signal handler would ask that interrupts the change.
START_TEST(a_look_up_inside_a_change_is_answered) {
  Site site(with_shell("/bin/a"));
  ck_assert(shell_of("z") == "/bin/a");
  std::string inside;
  std::function<void()> look = [&] { inside = shell_of("z"); };
  site.publish(with_shell("/bin/b"));
  in_mmap = &look;
  ck_assert(shell_of("z") == "/bin/b");
  ck_assert(inside == "/bin/b");
}
END_TEST

// What was read while the mapping changed does not count, whether it looks good or not.
START_TEST(a_look_up_during_a_change_starts_anew) {
  static constinit module::SharedUsers users;
  Site site(with_shell("/bin/a"));
  const auto shell = [](const UsersView& view) {
    UserFields fields{};
    (void)view.user_by_name("z", 1, fields);
    return std::string(fields.strings + fields.strings_size - fields.shell - 1, fields.shell);
  };
  int calls = 0;
  std::string answered;
  const auto answer = users.answer([&](const UsersView& view) {
    answered = shell(view);
    if (++calls == 1) {
      site.publish(with_shell("/bin/b"));
      (void)users.answer([](const UsersView&) { return module::kSuccess; });
    }
    return calls == 1 ? module::kNotFound : module::kSuccess;
  });
  ck_assert_int_eq(answer.status, NSS_STATUS_SUCCESS);
  ck_assert_int_eq(calls, 2);
  ck_assert(answered == "/bin/b");
  users.release();
}
END_TEST

// Whoever changes over to a file that lost its name meanwhile does not stay with it.
START_TEST(a_file_replaced_during_the_change_is_seen) {
  Site site(with_shell("/bin/a"));
  ck_assert(shell_of("z") == "/bin/a");
  std::function<void()> replace = [&] {
    site.put_in_place("users.snap", *lay_out_users(with_shell("/bin/c")));
  };
  site.publish(with_shell("/bin/b"));
  in_mmap = &replace;
  ck_assert(shell_of("z") == "/bin/c");
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("nss_module_files");
  TCase* tests = tcase_create("files");
  tcase_add_test(tests, no_file_is_unavailable);
  tcase_add_loop_test(tests, hostile_files_are_unavailable, 0, std::size(kHostile));
  tcase_add_test(tests, restricted_files_that_others_can_read_are_not_used);
  tcase_add_test(tests, the_next_look_up_sees_the_next_file);
  tcase_add_test(tests, files_grow_and_shrink);
  tcase_add_test(tests, a_writer_may_die_at_any_point);
  tcase_add_test(tests, other_means_are_noticed_in_time);
  tcase_add_test(tests, no_descriptor_and_one_mapping_is_kept);
  tcase_add_test(tests, hits_and_misses_make_no_system_call);
  tcase_add_loop_test(tests, a_fork_in_the_middle_of_a_change_does_no_harm, 0, 2);
  tcase_add_test(tests, a_look_up_inside_a_change_is_answered);
  tcase_add_test(tests, a_look_up_during_a_change_starts_anew);
  tcase_add_test(tests, a_file_replaced_during_the_change_is_seen);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
