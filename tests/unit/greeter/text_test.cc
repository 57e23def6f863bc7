// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the greeter makes of texts: those of PAM modules, of the name service, of its settings; and its own
// words.
#include "greeter/person.h"
#include "greeter/plain_text.h"
#include "greeter/settings.h"
#include "greeter/words.h"
#include "tests/unit/pam_jpki/japanese.h"
#include "tests/unit/support/expect.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::greeter;
using namespace jpki::test;

struct Text {
  std::string given;
  std::string shown;
};

const Text kTexts[] = {
    {"", ""},
    {"Hello", "Hello"},
    {"  Hello \n", "Hello"},
    {"暗証番号", "暗証番号"},
    {"<b>&amp;</b>", "<b>&amp;</b>"},  // as it is: nothing is markup
    {"a\x1b[31mb", "a [31mb"},
    {std::string("a\0b", 3), "a b"},
    {"a\tb\rc\x7f", "a b c"},
    {"a\xC2\x85z", "a z"},  // C1
    {"abc\xE2\x80\xAE"
     "def",
     "abcdef"},  // right-to-left override
    {"a\xE2\x81\xA6"
     "b\xE2\x80\x8B",
     "ab"},  // isolate, zero width
    {"a\xFFz", "a\xEF\xBF\xBDz"},
    {"a\xE6\x9A", "a\xEF\xBF\xBD"},                // cut off
    {"a\xC0\x80z", "a\xEF\xBF\xBD\xEF\xBF\xBDz"},  // overlong
};

START_TEST(a_text_is_plain) {
  expect_text(plain_text(kTexts[_i].given), kTexts[_i].shown);
}
END_TEST

START_TEST(a_text_is_bounded) {
  const std::string large(100 * 1024, 'x');
  expect_text(plain_text(large), large.substr(0, kMaxCharacters) + "…");
  std::string kana;
  for (int i = 0; i < 100 * 1024; ++i) kana += "あ";
  ck_assert_uint_eq(plain_text(kana).size(), 3 * kMaxCharacters + 3);
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "x\n";
  const std::string shown = plain_text(lines);
  ck_assert_int_eq(static_cast<int>(std::count(shown.begin(), shown.end(), '\n')),
                   static_cast<int>(kMaxLines) - 1);
}
END_TEST

struct Layout {
  std::string words;
  std::optional<Verdict> verdict;
  Laid laid;
};

const Layout kLayouts[] = {
    {"", {}, {}},
    {"One.", {}, {.cause = "One.", .steps = {}, .code = ""}},
    {"One. Two. Three. [JPKI-401]",
     Verdict::kRevoked,
     {.cause = "One.", .steps = {"Two.", "Three."}, .code = "JPKI-401"}},
    {"一つ。二つ。 [JPKI-401]",
     Verdict::kRevoked,
     {.cause = "一つ。", .steps = {"二つ。"}, .code = "JPKI-401"}},
    {"One. Two. [JPKI-401]", {}, {.cause = "One.", .steps = {"Two.", "[JPKI-401]"}, .code = ""}},
    {"One.", Verdict::kRevoked, {.cause = "One.", .steps = {}, .code = "JPKI-401"}},
    {"JPKI-401: one.", Verdict::kRevoked, {.cause = "JPKI-401: one.", .steps = {}, .code = ""}},
    {"[JPKI-401]", Verdict::kRevoked, {.cause = "", .steps = {}, .code = "JPKI-401"}},
    {"Version 1.5 is used.\n\nLine", {}, {.cause = "Version 1.5 is used.", .steps = {"Line"}, .code = ""}},
};

START_TEST(a_message_is_laid_out) {
  const Layout& layout = kLayouts[_i];
  ck_assert_msg(lay_out(layout.words, layout.verdict) == layout.laid, "%s", layout.words.c_str());
}
END_TEST

struct Gecos {
  const char* gecos;
  const char* account;
  const char* holder;
};

const Gecos kHolders[] = {
    {"佐藤 花子,1F,,", "sato", "佐藤 花子"},
    {"", "sato", ""},
    {",,,", "sato", ""},
    {"& Example", "sato", "Sato Example"},
    {"<i>x</i>", "a", "<i>x</i>"},
    {"a\x1b"
     "b\nc",
     "a", "a b c"},
    {"&", "佐", "佐"},
};

START_TEST(an_account_has_a_holder) {
  expect_text(holder_of(kHolders[_i].gecos, kHolders[_i].account), kHolders[_i].holder);
}
END_TEST

START_TEST(the_name_service_is_asked) {
  expect_text(holder_of_account("root"), "root");
  expect_text(holder_of_account("no such account"), "");
}
END_TEST

START_TEST(settings_are_strict) {
  const auto none = parse_settings("", "x");
  ck_assert(none && none->password_button && !none->language);
  const auto all = parse_settings("password_button = false\nlanguage = \"ja\"\n", "x");
  ck_assert(all && !all->password_button && all->language == Language::kJapanese);
  ck_assert(parse_settings("language = \"en\"", "x")->language == Language::kEnglish);
  ck_assert(!parse_settings("language = \"auto\"", "x")->language);
  using enum WithoutCard;
  const WithoutCard ways[] = {kNot, kPassword, kCode, kPasswordOrCode};
  for (unsigned i = 0; i < std::size(ways); ++i) {
    const auto text = fmt::format("password_button = {}\ncode_button = {}\n", (i & 1) != 0, (i & 2) != 0);
    ck_assert(parse_settings(text, "x")->without_card() == ways[i]);
  }
  ck_assert(none->without_card() == kPassword);
  expect_contains(parse_settings("language = \"fr\"", "x").error(), "known: auto, ja, en");
  expect_contains(parse_settings("pasword_button = true", "x").error(), "password_button");
  ck_assert(!parse_settings("password_button = 1", "x"));
}
END_TEST

START_TEST(settings_are_of_a_trusted_file) {
  TemporaryDirectory directory;
  const FileTrust ours{.owner = ::geteuid()};
  ck_assert(read_settings(directory.path("missing.toml"), ours)->password_button);
  const std::string file = directory.write("greeter.toml", "password_button = false\n");
  ck_assert(!read_settings(file, ours)->password_button);
  using enum std::filesystem::perms;
  std::filesystem::permissions(file, owner_read | owner_write | others_write);
  expect_contains(read_settings(file, ours).error(), "writable");
}
END_TEST

START_TEST(the_shipped_settings_are_the_defaults) {
  const auto shipped = read_settings(JPKI_TEST_CONF "/greeter.toml", FileTrust{.owner = ::geteuid()});
  ck_assert_msg(shipped.has_value(), "%s", shipped ? "" : shipped.error().c_str());
  ck_assert(shipped->without_card() == Settings{}.without_card() && shipped->language == Settings{}.language);
}
END_TEST

START_TEST(all_words_are_japanese) {
  const pam::JapaneseLocale locale;
  Words words(JPKI_TEST_LOCALEDIR);
  ck_assert(words.has_japanese());
  words.speak(Language::kJapanese);
  for (const char* msgid : all_words()) ck_assert_msg(words(msgid) != msgid, "no Japanese for: %s", msgid);
  words.speak(Language::kEnglish);
  for (const char* msgid : all_words()) expect_text(words(msgid), msgid);
}
END_TEST

START_TEST(tries_are_told) {
  const pam::JapaneseLocale locale;
  Words words(JPKI_TEST_LOCALEDIR);
  Shown shown;
  expect_text(words.tries(shown), "");
  shown.tries_left = 2;
  expect_text(words.tries(shown), "2 tries left");
  expect_text(words.tries_for_ear(shown), "2 tries left");
  shown.max_tries = 3;
  expect_text(words.tries_for_ear(shown), "2 of 3 tries left");
  shown.tries_left = 1;
  expect_text(words.tries(shown), "1 try left");
  words.speak(Language::kJapanese);
  expect_text(words.tries(shown), "あと1回だけ入力できます");
  expect_text(words.person("佐藤 花子"), "佐藤 花子 さん");
}
END_TEST

START_TEST(the_last_try_is_told_as_what_it_is) {
  const pam::JapaneseLocale locale;
  Words words(JPKI_TEST_LOCALEDIR);
  Shown shown{.page = Page::kLastTry, .tries_left = 1};
  expect_contains(words.hint(shown), "it is locked, and you must have it reset");
  expect_contains(words.hint(shown), "a staff card: by your system administrator");
  shown.tries_left.reset();  // a token that does not tell them
  expect_contains(words.hint(shown), "your card does not tell how many tries are left");
  expect_contains(words.hint(shown), "it may be locked");
  words.speak(Language::kJapanese);
  expect_contains(words.hint(shown), "残り回数を知らせません");
  shown.smartphone = true;
  expect_contains(words.hint(shown), "マイナポータルアプリ");
}
END_TEST

START_TEST(what_our_module_says_is_said_again) {
  const pam::JapaneseLocale locale;
  Words words(JPKI_TEST_LOCALEDIR);
  Shown shown{.words = "もとの文"};
  expect_text(words.said(shown), "もとの文");  // another module's
  const auto both = [&](const ScreenLine& line, const std::string& english, const std::string& japanese) {
    shown.said = line;
    words.speak(Language::kEnglish);
    expect_contains(words.said(shown), english);
    words.speak(Language::kJapanese);
    expect_contains(words.said(shown), japanese);
  };
  both({.state = ScreenState::kRefused, .verdict = Verdict::kNoReader}, "No card reader was found.",
       "カードリーダーが見つかりません。");
  ck_assert(words.said(shown).ends_with(" [JPKI-102]"));
  both({.state = ScreenState::kRefused, .verdict = Verdict::kPinIncorrect, .tries_left = 2},
       "2 more wrong PINs lock it.", "あと2回");
  both({.state = ScreenState::kWrongForm, .form = PinForm{4, 8, false}}, "The PIN has 4 to 8 characters.",
       "4");
  ck_assert(words.said(shown).find('{') == std::string::npos);
  both({.state = ScreenState::kNotice}, "もとの文", "もとの文");
  both({.state = ScreenState::kRefused}, "もとの文", "もとの文");  // of a module that is newer
}
END_TEST

template <class Rows>
int count(const Rows& rows) {
  return static_cast<int>(std::size(rows));
}

Suite* suite() {
  Suite* suite = suite_create("greeter texts");
  TCase* tests = tcase_create("texts");
  tcase_add_loop_test(tests, a_text_is_plain, 0, count(kTexts));
  tcase_add_test(tests, a_text_is_bounded);
  tcase_add_loop_test(tests, a_message_is_laid_out, 0, count(kLayouts));
  tcase_add_loop_test(tests, an_account_has_a_holder, 0, count(kHolders));
  tcase_add_test(tests, the_name_service_is_asked);
  tcase_add_test(tests, settings_are_strict);
  tcase_add_test(tests, settings_are_of_a_trusted_file);
  tcase_add_test(tests, the_shipped_settings_are_the_defaults);
  tcase_add_test(tests, all_words_are_japanese);
  tcase_add_test(tests, tries_are_told);
  tcase_add_test(tests, the_last_try_is_told_as_what_it_is);
  tcase_add_test(tests, what_our_module_says_is_said_again);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
