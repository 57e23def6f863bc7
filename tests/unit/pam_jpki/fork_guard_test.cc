// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A fork of the host never falls into a call that holds a lock of libc.
#include "pam_jpki/fork_guard.h"

#include "tests/unit/support/check_main.h"

#include <atomic>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace {

using jpki::pam::ForkGuard;

int status_of(pid_t child) {
  int status = -1;
  ck_assert_int_eq(::waitpid(child, &status, 0), child);
  return status;
}

// The thread holds the guard nearly all the time: a fork that does not wait for it finds `held` set.
START_TEST(a_fork_waits_until_nobody_holds_it) {
  std::atomic<bool> held = false;
  std::atomic<bool> stop = false;
  std::jthread holder([&] {
    while (!stop) {
      const ForkGuard guard;
      held = true;
      for (int i = 0; i < 1000; ++i) std::this_thread::yield();
      held = false;
    }
  });
  while (!held) std::this_thread::yield();
  for (int i = 0; i < 20; ++i) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(held ? 1 : 0);
    ck_assert_int_eq(status_of(child), 0);
  }
  stop = true;
}
END_TEST

START_TEST(parent_and_child_can_take_it_after_a_fork) {
  const pid_t child = ::fork();
  if (child == 0) {
    { const ForkGuard guard; }
    ::_exit(0);
  }
  { const ForkGuard guard; }
  ck_assert_int_eq(status_of(child), 0);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki fork guard");
  TCase* tests = tcase_create("fork guard");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, a_fork_waits_until_nobody_holds_it);
  tcase_add_test(tests, parent_and_child_can_take_it_after_a_fork);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
