// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A directory finds an account in any case, and logins compare with its own name: no card is registered to
// another spelling.
#include "jpkictl/card/local_registry.h"
#include "tests/unit/support/check_main.h"

#include <cstring>

#include <pwd.h>
#include <strings.h>
#include <unistd.h>

#pragma GCC visibility push(default)
extern "C" passwd* getpwnam(const char* name) {
  static char yamada[] = "Yamada.T";
  static char hanako[] = "hanako";  // of /etc/passwd and of the directory, which finds its own in any case
  static passwd entry{};
  if (::strcasecmp(name, yamada) == 0) {
    entry.pw_name = yamada;
    entry.pw_uid = 50001;
    return &entry;
  }
  entry.pw_name = hanako;
  entry.pw_uid = ::strcmp(name, hanako) == 0 ? 1000 : 50002;
  return ::strcasecmp(name, hanako) == 0 ? &entry : nullptr;
}
#pragma GCC visibility pop

namespace {

using jpki::ctl::card::LocalRegistry;

START_TEST(an_account_is_known_by_its_own_name) {
  LocalRegistry registry("/nonexistent/accounts.map", ::geteuid(), ::getegid());
  ck_assert(registry.knows("Yamada.T"));
  for (const char* other : {"yamada.t", "YAMADA.T", "Yamada.t"}) {
    const auto known = registry.knows(other);
    ck_assert_msg(!known, "%s", other);
    ck_assert(known.error().text.find("spelled Yamada.T;") != std::string::npos);
  }
  for (const char* nobody : {"sato", "HANAKO"}) {  // "spelled hanako" would lead to the other account
    const auto unknown = registry.knows(nobody);
    ck_assert(!unknown && unknown.error().text.find(nobody) != std::string::npos);
  }
  ck_assert(registry.knows("hanako"));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("jpkictl account spelling");
  TCase* tests = tcase_create("all");
  tcase_add_test(tests, an_account_is_known_by_its_own_name);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
