// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-testpki as it is run by hand, and the folder that it writes.
#include "testkit/pki/file_tree.h"
#include "tests/unit/support/check_main.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/stat.h>
#include <sys/wait.h>

using namespace jpki;
using namespace jpki::testpki;
namespace fs = std::filesystem;

namespace {

fs::path folder;  // of one test

void make_folder() {
  std::string pattern = (fs::temp_directory_path() / "pki_program_test.XXXXXX").string();
  ck_assert_ptr_nonnull(mkdtemp(pattern.data()));
  folder = pattern;
}

void remove_folder() {
  fs::remove_all(folder);
}

// The exit status of ./jpki-testpki in the build directory.
int run(const std::string& arguments) {
  const std::string command = "./jpki-testpki " + arguments + " >" + (folder / "out").string() + " 2>&1";
  const int status = std::system(command.c_str());
  ck_assert(WIFEXITED(status));
  return WEXITSTATUS(status);
}

std::string contents_of(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  ck_assert_int_eq(stat(path.c_str(), &info), 0);
  return info.st_mode & 07777;
}

std::size_t entries_in(const fs::path& path) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
}

const FileTree kTree = {{"a/b/key", {Blob{1, 2}, 0600}}, {"a/public", {Blob{}, 0644}}};

START_TEST(tree_is_written_with_its_modes) {
  const mode_t old_mask = umask(0077);
  ck_assert(write_tree(kTree, (folder / "new/").string()).has_value());
  umask(old_mask);
  ck_assert(contents_of(folder / "new/a/b/key") == std::string("\1\2"));
  ck_assert_uint_eq(mode_of(folder / "new"), 0755);
  ck_assert_uint_eq(mode_of(folder / "new/a/b"), 0755);
  ck_assert_uint_eq(mode_of(folder / "new/a/b/key"), 0600);
  ck_assert_uint_eq(mode_of(folder / "new/a/public"), 0644);
  ck_assert_uint_eq(entries_in(folder), 1);
}
END_TEST

START_TEST(tree_replaces_an_empty_folder_only) {
  fs::create_directory(folder / "empty");
  ck_assert(write_tree(kTree, (folder / "empty").string()).has_value());
  ck_assert(!write_tree(kTree, (folder / "empty").string()).has_value());
  ck_assert(!check_output_directory((folder / "empty").string()).has_value());

  std::ofstream(folder / "file") << "mine";
  ck_assert(!write_tree(kTree, (folder / "file").string()).has_value());
  ck_assert(contents_of(folder / "file") == "mine");
  fs::create_directory_symlink(folder / "nowhere", folder / "link");
  ck_assert(!write_tree(kTree, (folder / "link").string()).has_value());
}
END_TEST

START_TEST(failure_leaves_nothing) {
  const FileTree impossible = {{"a", {Blob{1}, 0644}}, {"a/b", {Blob{1}, 0644}}};
  const auto written = write_tree(impossible, (folder / "new").string());
  ck_assert(!written.has_value());
  ck_assert(written.error().find("/a") != std::string::npos);
  ck_assert_uint_eq(entries_in(folder), 0);
  ck_assert(!write_tree(kTree, (folder / "no/such/parent").string()).has_value());
}
END_TEST

START_TEST(program_writes_the_tree) {
  const std::string out = (folder / "pki").string();
  ck_assert_int_eq(run("--seed s --date 2026-04-01 --out " + out), 0);
  ck_assert(contents_of(folder / "out").find("next-generation") != std::string::npos);
  ck_assert(contents_of(out + "/README.txt").find("2026-04-01") != std::string::npos);
  ck_assert_uint_eq(mode_of(out + "/cards/taro/auth.key"), 0600);
  ck_assert_uint_eq(mode_of(out + "/anchors.d/jpki-auth-g3.toml"), 0644);
  ck_assert_int_eq(run("--seed s --date 2026-04-01 --out " + out), 1);
  ck_assert(contents_of(folder / "out").find("not empty") != std::string::npos);
}
END_TEST

START_TEST(program_refuses_bad_arguments) {
  const std::string out = " --out " + (folder / "pki").string();
  for (const char* date :
       {"2026-02-30", "2026-4-1", "2026-+4-01", "1999-12-31", "today", "2026-04-01x", "''"}) {
    ck_assert_msg(run("--date " + std::string(date) + out) == 2, "%s", date);
  }
  ck_assert_int_eq(run("--seed s"), 2);
  ck_assert_int_eq(run("--unknown" + out), 2);
  ck_assert_int_eq(run("--help"), 0);
  ck_assert(!fs::exists(folder / "pki"));
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("testkit/pki program");
  TCase* t = tcase_create("program");
  tcase_set_timeout(t, 120);
  tcase_add_checked_fixture(t, make_folder, remove_folder);
  tcase_add_test(t, tree_is_written_with_its_modes);
  tcase_add_test(t, tree_replaces_an_empty_folder_only);
  tcase_add_test(t, failure_leaves_nothing);
  tcase_add_test(t, program_writes_the_tree);
  tcase_add_test(t, program_refuses_bad_arguments);
  suite_add_tcase(s, t);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
