// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/sandbox/privileges.h"

#include "tests/unit/support/check_main.h"

#include <csignal>
#include <sstream>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace jpki;

// The line of /proc/self/status that begins with `key`, without it.
std::string status_line(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key + ":")) return line.substr(key.size() + 1);
  return "absent";
}

START_TEST(privileges_are_given_up_for_good) {
  const bool root = ::getuid() == 0;
  const uid_t before = ::getuid();
  const auto dropped = sandbox::drop_privileges("nobody");
  ck_assert_msg(dropped.has_value(), "%s", dropped ? "" : dropped.error().c_str());
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  ck_assert_int_eq(::getresuid(&real, &effective, &saved), 0);
  ck_assert(real == effective && effective == saved);
  ck_assert(root ? real != 0 : real == before);
  if (root) {
    ck_assert_int_eq(::getgroups(0, nullptr), 0);
    ck_assert_int_ne(::setuid(0), 0);
    ck_assert(status_line("CapEff") == "\t0000000000000000");
    ck_assert(status_line("CapPrm") == "\t0000000000000000");
  }
  ck_assert(status_line("NoNewPrivs") == "\t1");
  ck_assert_int_eq(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
  int death_signal = 0;
  ck_assert_int_eq(::prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0), 0);
  ck_assert_int_eq(death_signal, SIGKILL);
  rlimit core{};
  ck_assert_int_eq(::getrlimit(RLIMIT_CORE, &core), 0);
  ck_assert_uint_eq(core.rlim_max, 0);
}
END_TEST

START_TEST(an_unknown_user_or_root_itself_is_refused_to_root) {
  for (const char* user : {"no-such-user-here", "root"}) {
    const auto dropped = sandbox::drop_privileges(user);
    ck_assert(::getuid() == 0 ? !dropped.has_value() : dropped.has_value());
    if (!dropped) ck_assert(dropped.error().find(user) != std::string::npos);
  }
}
END_TEST

Suite* privileges_suite() {
  Suite* suite = suite_create("privileges");
  TCase* tests = tcase_create("privileges");
  tcase_add_test(tests, privileges_are_given_up_for_good);
  tcase_add_test(tests, an_unknown_user_or_root_itself_is_refused_to_root);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(privileges_suite());
}
