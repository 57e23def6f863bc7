// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which of several cards is meant: what each kind of front end asks, and what a PIN does there.
#include "pam_jpki/card_entry.h"
#include "pam_jpki/messages.h"
#include "tests/unit/pam_jpki/host.h"
#include "tests/unit/pam_jpki/japanese.h"
#include "tests/unit/pam_jpki/story.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace {

using namespace jpki;
using namespace jpki::pam;
using namespace jpki::pam::test;

constexpr char kList[] =
    "More than one card can be used:\n1: MyNumber card in Reader 01 00\n2: MyNumber card in Reader 02 00";
constexpr char kWhich[] = "Which card is yours? Please type its number, not your PIN: ";
constexpr char kShort[] = "Which card? 1 = Reader 01 00, 2 = Reader 02 00 (number, not PIN): ";
constexpr char kNumbers[] = "Please type only the number of your card, from 1 to 2. No PIN was checked.";
constexpr char kPinLine[] =
    "jpki1 state=pin tries=3 max_tries=3 min_length=4 max_length=4 digits=yes account=nobody\n";

const Story kChoices[] = {
    {"full", 3, {"1", "1234"}, PAM_SUCCESS, 1, {kWhich, kPrompt3}, {kList}},
    {"full", 3, {"2", "4321"}, PAM_SUCCESS, 1, {kWhich, kPrompt3}, {kList}},
    {"full", 3, {"2", "1234"}, PAM_AUTH_ERR, 1, {kWhich, kPrompt3}, {"[JPKI-201]"}},
    {"full", 3, {" ２ ", "4321"}, PAM_SUCCESS, 1, {kWhich, kPrompt3}, {}},
    // A PIN chooses nothing, and is no PIN there.
    {"full", 3, {"1234", "1", "1234"}, PAM_SUCCESS, 1, {kWhich, kWhich, kPrompt3}, {kNumbers}},
    {"full", 3, {"", "3", "0"}, PAM_AUTHINFO_UNAVAIL, 0, {kWhich, kWhich, kWhich}, {kNumbers, "[JPKI-106]"}},
    {"full", 3, {"1234", "1234", "1234"}, PAM_AUTHINFO_UNAVAIL, 0, {kWhich, kWhich, kWhich}, {"[JPKI-106]"}},
    {"full",
     1,
     {"1", "yes", "1234"},
     PAM_SUCCESS,
     1,
     {kWhich, kLastTry, "MyNumber card PIN (4 digits, last try): "},
     {}},
    {"prompt-only", 3, {"2", "4321"}, PAM_SUCCESS, 1, {kShort, kPrompt3}, {}},
    {"prompt-only",
     3,
     {"9999", "2", "4321"},
     PAM_SUCCESS,
     1,
     {kShort, std::string("Only a number from 1 to 2. ") + kShort, kPrompt3},
     {}},
    // Whoever gave the wrong PIN may have chosen the wrong card.
    {"prompt-only",
     3,
     {"1", "4321", "2", "4321"},
     PAM_SUCCESS,
     2,
     {kShort, kPrompt3, std::string("Wrong PIN [JPKI-201]. ") + kShort, kPrompt3},
     {}},
    {"prompt-only",
     3,
     {"", "", ""},
     PAM_AUTHINFO_UNAVAIL,
     0,
     {kShort, std::string("Only a number from 1 to 2. ") + kShort,
      std::string("Only a number from 1 to 2. ") + kShort, "More than one card [JPKI-106]. Press Enter: "},
     {}},
    {"announced",
     3,
     {"2", "4321"},
     PAM_SUCCESS,
     1,
     {std::string(kList) + "\n" + kWhich, kPrompt3},
     {std::string(kList) + "\n" + kWhich}},
    {"greeter",
     3,
     {"2", "4321"},
     PAM_SUCCESS,
     1,
     {std::string("jpki1 state=choose cards=2\n") + kList, std::string(kPinLine) + kPrompt3},
     {}},
    {"greeter",
     3,
     {"4321", "2", "4321"},
     PAM_SUCCESS,
     1,
     {std::string("jpki1 state=choose cards=2\n") + kList,
      std::string("jpki1 state=choose cards=2\n") + kList, std::string(kPinLine) + kPrompt3},
     {std::string("jpki1 state=wrong-form\n") + kNumbers}},
    // Who cannot read a question cannot choose.
    {"one-answer", 3, {"1", "1234"}, PAM_AUTHINFO_UNAVAIL, 0, {}, {"[JPKI-106]"}},
    {"blind", 3, {"1", "1234"}, PAM_AUTHINFO_UNAVAIL, 0, {}, {}},
    {"unknown", 3, {"1", "1234"}, PAM_AUTHINFO_UNAVAIL, 0, {"Press Enter: "}, {"[JPKI-106]"}},
    {"nobody", 3, {"1", "1234"}, PAM_AUTHINFO_UNAVAIL, 0, {}, {}},
    {"full use_first_pass", 3, {"1", "1234"}, PAM_AUTHINFO_UNAVAIL, 0, {}, {"[JPKI-106]"}},
    {"full quiet", 3, {"1", "1234"}, PAM_SUCCESS, 1, {kShort, kPrompt3}, {}},
};

START_TEST(which_card_is_asked_where_it_can_be_read) {
  const Story& story = kChoices[_i];
  Host host;
  host.use(std::string("screen=") + story.screen);
  host.script("step 5\nstep 15\ncards 1234 4321\n");
  for (const int card : {1, 2}) host.tries(story.tries, card);
  host.answers = story.answers;
  ck_assert_int_eq(host.authenticate("nobody"), story.code);
  ck_assert_int_eq(host.record_count("verify"), story.verifies);
  ck_assert_uint_eq(host.questions().size(), story.questions.size());
  for (std::size_t i = 0; i < story.questions.size(); ++i)
    check_text(host.questions()[i], as_shown(story.screen, story.questions[i]));
  for (const std::string& part : story.heard)
    ck_assert_msg(host.heard(as_shown(story.screen, part)), "%s\n%s", part.c_str(), host.told().c_str());
  ck_assert(!host.asked_visibly());
  // What can be read is told once, and not where the prompt has it.
  if (story.code == PAM_SUCCESS && story.questions.size() == 2) {
    const std::string told = host.told();
    const auto list = told.find("More than one card can be used");
    const bool shown =
        std::string_view(story.screen) == "full" || std::string_view(story.screen) == "announced";
    ck_assert_msg((list != std::string::npos) == shown, "%s", told.c_str());
    ck_assert_msg(!shown || told.find("More than one card can be used", list + 1) == std::string::npos, "%s",
                  told.c_str());
    ck_assert_msg(!host.heard("Please type only the number"), "%s", told.c_str());
  }
  // All that is told of a choice is a number of ours.
  for (const char* pin : {"1234", "4321"})
    if (host.record_count("verify") == 0) ck_assert(host.record().find(pin) == std::string::npos);
}
END_TEST

// The validator is not trusted with what the person reads, and hardware calls itself what it likes.
START_TEST(cards_that_look_alike_are_no_choice) {
  struct Case {
    const char* cards;
    const char* screen;
    bool asked;
    std::vector<const char*> told;
  };
  static const Case kCases[] = {
      {"1:Reader_A 1:Reader_A", "full", false, {}},
      {"1:Reader_A 2:Reader_A", "full", true, {"1: MyNumber card in Reader A\n2: staff card in Reader A"}},
      {"1:Reader_A 2:Reader_A", "prompt-only", true, {}},
      {"1:Reader_A:0 1:Reader_B:1",
       "full",
       true,
       {"1: MyNumber card in Reader A, last login here within 24 hours\n"
        "2: MyNumber card in Reader B, last login here 1 day ago"}},
      {"1:Reader_A:3 1:Reader_A:200", "full", true, {"here 3 days ago", "here 200 days ago"}},
      {"1:Reader_A:3 1:Reader_A:200", "prompt-only", false, {}},
      {"1:A\\e[2J 1:{days}:7",
       "full",
       true,
       {"1: MyNumber card in A?[2J\n2: MyNumber card in {days}, last login here 7 days ago"}},
      {"1:A_\xC2\x9B 1:A_\xC2\x9C", "full", false, {}},
      {"1:A___B 1:_A_B_", "full", false, {}},
      {"1:ABCDEFGHIJKLMNOPQRSTUVWXYZ_ABCDEFGHIJKLMNOPQRSTUVWXYZ_00_00 "
       "1:ABCDEFGHIJKLMNOPQRSTUVWXYZ_ABCDEFGHIJKLMNOPQRSTUVWXYZ_01_00",
       "full",
       true,
       {"in ABCDEFGHIJKLMNOPQRSTUVWXYZ AB..XYZ 00 00\n", "in ABCDEFGHIJKLMNOPQRSTUVWXYZ AB..XYZ 01 00"}},
  };
  const Case& c = kCases[_i];
  Host host;
  host.use(std::string("screen=") + c.screen);
  host.script(std::string("choose ") + c.cards + "\noutcome 501 -\n");
  host.answers = {"2"};
  ck_assert_int_eq(host.authenticate("nobody"), c.asked ? PAM_USER_UNKNOWN : PAM_AUTHINFO_UNAVAIL);
  ck_assert_int_eq(host.record_count("choice 1"), c.asked);
  for (const char* part : c.told) ck_assert_msg(host.heard(part), "%s", host.told().c_str());
}
END_TEST

// One digit alone; a PIN or a part of one is no choice.
START_TEST(a_card_is_one_digit) {
  const std::pair<const char*, int> kTyped[] = {
      {"1", 0},   {"9", 8},    {" 2 ", 1}, {"３", 2},    {"0", -1},   {"０", -1},
      {"", -1},   {" ", -1},   {"12", -1}, {"１２", -1}, {"1２", -1}, {"1 2", -1},
      {"あ", -1}, {"abc", -1}, {"①", -1},  {"/", -1},    {":", -1},   {"-1", -1},
  };
  for (const auto& [typed, place] : kTyped) {
    const auto card = card_of(typed, 9);
    ck_assert_msg((card ? *card : -1) == place, "%s", typed);
  }
  ck_assert(card_of("2", 2) == 1 && !card_of("3", 2));
}
END_TEST

// A prompt that was open for long: the second validator asks the same, and the person is not asked again.
START_TEST(what_was_chosen_long_ago_stands_where_the_question_is_the_same) {
  struct Case {
    const char* now;
    std::vector<const char*> questions;
    int code;
  };
  static const Case kCases[] = {
      {"cards 1234 4321\n", {kWhich, kPrompt3}, PAM_SUCCESS},
      // Another card lies there: the PIN was not for that one.
      {"cards 1234 4321 1111\n", {kWhich, kPrompt3, kWhich, kPrompt3}, PAM_SUCCESS},
      {"card 4321\n", {kWhich, kPrompt3, kPrompt3}, PAM_SUCCESS},
      {"outcome 106 -\n", {kWhich, kPrompt3}, PAM_AUTHINFO_UNAVAIL},
  };
  const Case& c = kCases[_i];
  Host host;
  host.use("screen=full");
  host.script("cards 1234 4321\n");
  host.at_question = [&] {
    const std::string question = host.questions().back();
    host.answers.push_back(question == kWhich ? "2" : "4321");
    if (host.questions().size() != 2) return;
    // Either question may have taken the time.
    std::this_thread::sleep_for(std::chrono::milliseconds(2200));
    host.script(c.now);
  };
  ck_assert_int_eq(host.authenticate("nobody"), c.code);
  ck_assert_uint_eq(host.questions().size(), c.questions.size());
  for (std::size_t i = 0; i < c.questions.size(); ++i) check_text(host.questions()[i], c.questions[i]);
  ck_assert_int_eq(host.record_count("verify"), c.code == PAM_SUCCESS);
}
END_TEST

// A guess with the password of an earlier module was wrong: which card is meant is known by then.
START_TEST(a_wrong_guess_asks_for_the_pin_of_the_same_card) {
  Host host;
  host.write_service("auth optional " JPKI_TEST_MODULES "/pam_probe.so authtok=9999\nauth " +
                     host.entry("try_first_pass screen=full"));
  host.script("cards 1234 4321\n");
  host.answers = {"2", "4321"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_uint_eq(host.questions().size(), 2);
  check_text(host.questions()[0], kWhich);
  check_text(host.questions()[1], kPrompt2);
  ck_assert_int_eq(host.record_count("choice 1"), 2);
  ck_assert_int_eq(host.record_count("verify"), 2);
}
END_TEST

// The conversation ends, or the host has no answer: nobody chose.
START_TEST(a_choice_that_nobody_makes_is_no_choice) {
  for (const Manner manner : {Manner::kFails, Manner::kNoResponse, Manner::kNoText}) {
    Host host;
    host.use("screen=full");
    host.script("cards 1234 4321\n");
    host.manner = manner;
    ck_assert_int_eq(host.authenticate("nobody"), PAM_CONV_ERR);
    ck_assert_uint_eq(host.questions().size(), 1);
    ck_assert_int_eq(host.record_count("cancel JPKI-204"), 1);
  }
}
END_TEST

AskCard many(std::size_t count, CardKind kind, std::optional<std::uint8_t> days) {
  AskCard ask;
  for (std::size_t i = 0; i < count; ++i)
    ask.cards.push_back({kind, std::string(60, 'R') + std::to_string(i), days});
  return ask;
}

bool is_ascii(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// As much as lightdm passes on, in each language.
START_TEST(a_choice_is_told_in_both_languages) {
  const JapaneseLocale locale;
  const Translator english(Language::kEnglish, JPKI_TEST_LOCALEDIR);
  const Translator japanese(Language::kJapanese, JPKI_TEST_LOCALEDIR);
  for (const Messages& messages : {Messages(english), Messages(japanese)}) {
    const bool in_english = is_ascii(messages.which_card());
    std::vector<std::string> texts{messages.which_card(), messages.no_such_card(2),
                                   messages.no_such_card_in_short(2)};
    for (const CardKind kind : {CardKind::kMyNumber, CardKind::kStaff}) {
      texts.push_back(messages.which_card_in_short(many(2, kind, {})));
      for (const std::optional<std::uint8_t> days : {std::optional<std::uint8_t>(), {0}, {1}, {200}})
        for (const std::size_t count : {2, 4, 5, 9}) {
          texts.push_back(messages.list_of_cards(many(count, kind, days)));
          const std::string whole =
              "jpki1 state=choose cards=9\n" + texts.back() + "\n" + messages.which_card();
          ck_assert_msg(whole.size() < 1000, "%zu bytes: %s", whole.size(), whole.c_str());
        }
    }
    for (const std::string& text : texts) {
      ck_assert_msg(is_ascii(text) == in_english, "%s", text.c_str());
      ck_assert_msg(text.find('{') == text.npos, "%s", text.c_str());
    }
    // A kanji is three bytes and two columns.
    const std::size_t size = messages.which_card_in_short(many(2, CardKind::kMyNumber, {})).size();
    ck_assert_uint_le(in_english ? size : size * 2 / 3, 80);
  }
  ck_assert(!is_ascii(Messages(japanese).which_card()));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki choice");
  TCase* tests = tcase_create("choice");
  tcase_set_timeout(tests, 60);
  tcase_add_loop_test(tests, which_card_is_asked_where_it_can_be_read, 0,
                      static_cast<int>(std::size(kChoices)));
  tcase_add_test(tests, a_card_is_one_digit);
  tcase_add_loop_test(tests, cards_that_look_alike_are_no_choice, 0, 10);
  tcase_add_loop_test(tests, what_was_chosen_long_ago_stands_where_the_question_is_the_same, 0, 4);
  tcase_add_test(tests, a_wrong_guess_asks_for_the_pin_of_the_same_card);
  tcase_add_test(tests, a_choice_that_nobody_makes_is_no_choice);
  tcase_add_test(tests, a_choice_is_told_in_both_languages);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
