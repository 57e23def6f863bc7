// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which language is spoken where the host sets no locale.
#include "pam_jpki/system_language.h"
#include "tests/unit/pam_jpki/japanese.h"

#include <clocale>
#include <filesystem>

#include <unistd.h>

namespace {

using namespace jpki::pam;
using jpki::test::TemporaryDirectory;

START_TEST(lang_is_found_in_a_file) {
  static const struct {
    const char* file;
    const char* lang;
  } kRows[] = {
      {"LANG=ja_JP.UTF-8\n", "ja_JP.UTF-8"},
      {"# LANG=ja\nLANGUAGE=ja\n  LANG=\"en_US.UTF-8\" \r\n", "en_US.UTF-8"},
      {"LANG='ja_JP.UTF-8'", "ja_JP.UTF-8"},
      {"LANG=a\nLANG=b\n", "b"},
      {"XLANG=ja\nLC_MESSAGES=ja\n", ""},
      {"LANG=\n", ""},
      {"LANG=\"\n", "\""},
      {"", ""},
  };
  ck_assert(lang_of(kRows[_i].file) == kRows[_i].lang);
}
END_TEST

START_TEST(japanese_is_known_by_its_name) {
  for (const char* yes : {"ja", "ja_JP", "ja_JP.UTF-8", "ja.utf8", "ja@x"})
    ck_assert_msg(is_japanese(yes), "%s", yes);
  for (const char* no : {"", "j", "jam", "jav_ID", "en_JP", "C.UTF-8"})
    ck_assert_msg(!is_japanese(no), "%s", no);
}
END_TEST

struct Files {
  TemporaryDirectory directory;
  std::string first = directory.path("locale.conf");
  std::string second = directory.path("default");
  Language spoken(Language wanted = Language::kAuto) const {
    return spoken_language(wanted, {{first.c_str(), second.c_str()}, ::getuid()});
  }
};

START_TEST(the_machine_decides_where_the_host_does_not) {
  const Files files;
  ck_assert(files.spoken() == Language::kAuto);
  files.directory.write("default", "LANG=ja_JP.UTF-8\n");
  ck_assert(files.spoken() == Language::kJapanese);
  ck_assert(files.spoken(Language::kEnglish) == Language::kEnglish);
  files.directory.write("locale.conf", "LANG=en_US.UTF-8\n");
  ck_assert(files.spoken() == Language::kAuto);
  files.directory.write("locale.conf", "LC_TIME=C\n");
  ck_assert(files.spoken() == Language::kJapanese);
}
END_TEST

START_TEST(the_host_comes_first) {
  const JapaneseLocale locale;
  const Files files;
  files.directory.write("locale.conf", "LANG=ja_JP.UTF-8\n");
  ck_assert(std::setlocale(LC_ALL, "C.UTF-8") != nullptr);
  ck_assert(files.spoken() == Language::kAuto);
  std::setlocale(LC_ALL, "C");
  ck_assert(files.spoken() == Language::kJapanese);
  const locale_t own = ::newlocale(LC_ALL_MASK, "ja_JP.UTF-8", nullptr);
  ::uselocale(own);
  ck_assert(files.spoken() == Language::kAuto);  // which speaks Japanese
  ::uselocale(LC_GLOBAL_LOCALE);
  ::freelocale(own);
}
END_TEST

START_TEST(only_a_file_of_root_is_read) {
  const Files files;
  const std::string text = "LANG=ja_JP.UTF-8\n";
  files.directory.write("locale.conf", text, std::filesystem::perms(0666));
  ck_assert(files.spoken() == Language::kAuto);
  files.directory.write("locale.conf", text + std::string(20000, '#'));
  std::filesystem::permissions(files.first, std::filesystem::perms(0644));
  ck_assert(files.spoken() == Language::kAuto);
  std::filesystem::remove(files.first);
  files.directory.write("elsewhere", text);
  std::filesystem::create_symlink(files.directory.path("elsewhere"), files.first);
  ck_assert(files.spoken() == Language::kAuto);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki language");
  TCase* tests = tcase_create("language");
  tcase_add_loop_test(tests, lang_is_found_in_a_file, 0, 8);
  tcase_add_test(tests, japanese_is_known_by_its_name);
  tcase_add_test(tests, the_machine_decides_where_the_host_does_not);
  tcase_add_test(tests, the_host_comes_first);
  tcase_add_test(tests, only_a_file_of_root_is_read);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
