// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/line_breaks.h"

#include "tests/unit/pam_jpki/text.h"
#include "tests/unit/support/check_main.h"

namespace {

using jpki::pam::check_text;
using jpki::pam::with_line_breaks;

struct Row {
  const char* text;
  std::size_t columns;
  const char* broken;
};
const Row kRows[] = {
    {"", 10, ""},
    {"one two", 10, "one two"},
    {"one two three", 10, "one two\nthree"},
    {"one two three", 7, "one two\nthree"},
    {"one two three", 6, "one\ntwo\nthree"},
    {"unbreakable word", 5, "unbreakable\nword"},
    {"a [JPKI-401]", 6, "a\n[JPKI-401]"},
    {"PIN: ", 4, "PIN:"},  // nothing is behind the space
    {"PIN: yes", 4, "PIN:\nyes"},
    {"PIN: ", 5, "PIN: "},
    {"カードがありません", 8, "カードが\nありませ\nん"},
    {"カードがありません", 9, "カードが\nありませ\nん"},
    {"カードです。はい", 10, "カードです。\nはい"},  // the mark stands out
    {"カード（青）です", 10, "カード（青）\nです"},
    {"残り2回）: ", 7, "残り2回）:"},  // so do two
    {"残り2回）: はい", 7, "残り2回）:\nはい"},
    {"残り1回です", 6, "残り1\n回です"},
    {"使えません [JPKI-401]", 10, "使えません\n[JPKI-401]"},
    {"one two\nthree four", 8, "one two\nthree\nfour"},
    {"aはい", 2, "a\nは\nい"},
    {" a", 5, " a"},
    {"one\n\ntwo", 3, "one\n\ntwo"},
    {"one\n two", 10, "one\ntwo"},  // a line begins with a word
    {"one\na b", 10, "one\na b"},
    {"\xE3\x81", 1, "\xE3\x81"},  // half a character harms nothing
};

START_TEST(no_line_is_wider_than_the_screen) {
  check_text(with_line_breaks(kRows[_i].text, kRows[_i].columns), kRows[_i].broken);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("line breaks");
  TCase* all = tcase_create("all");
  tcase_add_loop_test(all, no_line_is_wider_than_the_screen, 0, static_cast<int>(std::size(kRows)));
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
