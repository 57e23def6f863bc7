// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which control group a program leaves, and for which one, over plain files in the kernel's place.
#include "base/sandbox/inherited_cgroup.h"

#include "tests/unit/support/check_main.h"
#include "tests/unit/support/privilege.h"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

using namespace jpki;
using jpki::test::TemporaryDirectory;

constexpr uid_t kTaro = 2001;

class Hierarchy {
 public:
  Hierarchy() { std::filesystem::create_directory(mount()); }

  std::string mount() const { return directory_.path("cgroup"); }
  void group(const std::string& path, uid_t owner = 0) const {
    std::filesystem::create_directories(mount() + path);
    directory_.write("cgroup" + path + "/cgroup.procs", "");
    if (owner != 0) ck_assert_int_eq(::chown((mount() + path).c_str(), owner, owner), 0);
  }
  bool leaves(const std::string& text) const {
    return sandbox::leave_foreign_cgroup({directory_.write("own", text), mount()});
  }
  std::string members(const std::string& path) const {
    std::ifstream file(mount() + path + "/cgroup.procs");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool has(const std::string& path) const { return std::filesystem::exists(mount() + path); }

 private:
  TemporaryDirectory directory_;
};

// Who is not root has no group that is.
START_TEST(what_a_user_divides_is_left) {
  const bool root = ::geteuid() == 0 && test::can_give_files_to(kTaro);
  const std::string above = root ? "/user.slice/user-2001.slice" : "";
  const std::string own = "/user.slice/user-2001.slice/user@2001.service";
  for (const char* below : {"", "/a", "/a/b/user.slice"}) {
    const Hierarchy hierarchy;
    hierarchy.group("/user.slice");
    hierarchy.group("/user.slice/user-2001.slice");
    hierarchy.group(above + "/jpki");
    hierarchy.group(own, root ? kTaro : 0);
    if (*below != '\0') hierarchy.group(own + below);
    ck_assert(hierarchy.leaves("4:pids:/\n0::" + own + below + "\n"));
    ck_assert(hierarchy.members(above + "/jpki") == "0");
    for (const std::string& other : {std::string("/user.slice"), own})
      ck_assert(hierarchy.members(other).empty());
  }
}
END_TEST

START_TEST(what_is_root_s_stays) {
  if (::geteuid() != 0) return;
  const Hierarchy hierarchy;
  hierarchy.group("/system.slice/sshd.service");
  hierarchy.group("/jpki");
  for (const char* path : {"/system.slice/sshd.service", "/system.slice", "/"})
    ck_assert(hierarchy.leaves("0::" + std::string(path) + "\n"));
  ck_assert(!hierarchy.has("/system.slice/jpki") && hierarchy.members("/jpki").empty());
}
END_TEST

START_TEST(no_group_of_version_2_is_none_to_leave) {
  const Hierarchy hierarchy;
  hierarchy.group("/a");
  hierarchy.group("/jpki");
  for (const char* text : {"9:name=systemd:/a\n8:pids:/a\n", "", "0::/../a\n", "0::/..\n"})
    ck_assert_msg(hierarchy.leaves(text), "%s", text);
  ck_assert(hierarchy.members("/jpki").empty());
  ck_assert(sandbox::leave_foreign_cgroup({"/nonexistent", ""}));
}
END_TEST

START_TEST(what_cannot_be_told_is_no_place_to_stay) {
  const Hierarchy hierarchy;
  ck_assert(!hierarchy.leaves("0::/gone\n"));
  ck_assert(!sandbox::leave_foreign_cgroup({"/nonexistent", hierarchy.mount()}));
  ck_assert(!sandbox::leave_foreign_cgroup({"/", hierarchy.mount()}));
}
END_TEST

START_TEST(a_group_that_cannot_be_left) {
  if (!test::can_give_files_to(kTaro)) return;
  const Hierarchy hierarchy;
  hierarchy.group("/a", kTaro);
  std::ofstream(hierarchy.mount() + "/jpki") << "no directory";
  ck_assert(!hierarchy.leaves("0::/a\n"));
}
END_TEST

START_TEST(the_system_s_is_where_systemd_mounts_it) {
  const std::string mount = sandbox::cgroup_files_of_system().mount;
  ck_assert(mount.empty() || std::filesystem::exists(mount + "/cgroup.procs"));
  ck_assert(sandbox::leave_foreign_cgroup(sandbox::cgroup_files_of_system()));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("inherited cgroup");
  TCase* tests = tcase_create("cgroup");
  tcase_add_test(tests, what_a_user_divides_is_left);
  tcase_add_test(tests, what_is_root_s_stays);
  tcase_add_test(tests, no_group_of_version_2_is_none_to_leave);
  tcase_add_test(tests, what_cannot_be_told_is_no_place_to_stay);
  tcase_add_test(tests, a_group_that_cannot_be_left);
  tcase_add_test(tests, the_system_s_is_where_systemd_mounts_it);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
